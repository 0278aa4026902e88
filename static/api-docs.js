// Starts the documentation of the API. Requests that are tried out carry the page's own CSRF token.
const place = document.getElementById("docs");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  deepLinking: true,
  // Folded by kind of row, with a filter: beyond 150 lines at once this page draws only what is on the screen, and
  // then the browser's own search and print miss the rest.
  docExpansion: "none",
  filter: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (new URL(request.url, location.href).origin === location.origin) {
      request.headers["X-CSRFToken"] = place.dataset.csrf;
    }
    return request;
  },
});
