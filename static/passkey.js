// Asks the browser for a passkey when a form with data-passkey is sent, and sends the form with it.
"use strict";

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const credential = form.elements.credential;

  const options = async () => {
    if (form.dataset.options) return JSON.parse(form.dataset.options);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    return (await answer.json()).request_options;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.querySelector("[data-failed]").hidden = true;
    try {
      const ask = form.dataset.passkey === "create" ? webauthnJSON.create : webauthnJSON.get;
      credential.value = JSON.stringify(await ask(await options()));
      form.submit(); // does not come by here again
    } catch {
      form.querySelector("[data-failed]").hidden = false;
    }
  });
}
