/** Whether every word of a search is in a text; both in lower case. */
export function matches(/** @type {string} */ text, /** @type {string} */ search) {
  return search.split(/\s+/).every((word) => text.includes(word));
}

/** Hides what does not match, in the reference and in its contents, and tells how much is left. */
export function wireSearch(/** @type {HTMLInputElement} */ input, /** @type {HTMLElement} */ found) {
  const things = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-search]"));
  const groups = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-group]"));
  function apply() {
    const search = input.value.trim().toLowerCase();
    for (const thing of things) thing.hidden = !matches(thing.dataset.search ?? "", search);
    for (const group of groups) group.hidden = !group.querySelector("[data-search]:not([hidden])");
    const calls = document.querySelectorAll(".operation:not([hidden])").length;
    const problems = document.querySelectorAll("tr[data-search]:not([hidden])").length;
    found.textContent = search === "" ? "" : `${calls} calls, ${problems} problems`;
  }
  input.addEventListener("input", apply);
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, select, textarea");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
  });
}
