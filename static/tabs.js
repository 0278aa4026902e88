// On a phone there is no room for all tabs of a part: bring the one of this page into view, with its neighbours beside it.
for (const tabs of document.querySelectorAll(".tabs")) {
  const current = tabs.querySelector("[aria-current]");
  if (current) tabs.scrollLeft = current.offsetLeft + (current.offsetWidth - tabs.clientWidth) / 2;
}
