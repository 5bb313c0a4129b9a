// Browsers let no page from disk start the worker that searches: say so rather than wait for it.
if (location.protocol === "file:") {
  const told = document.querySelector(".md-search-result__meta");
  if (told) told.textContent = "To search, serve the manual: mkdocs serve";
}
