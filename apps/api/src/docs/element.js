/**
 * Makes an element. Text goes in as text nodes only, so nothing from the document or an answer can become markup.
 * @param {string} tag
 * @param {Record<string, string | boolean | ((event: Event) => void)>} properties attributes; `on…` are listeners, false leaves out
 * @param {...(Node | string | false | undefined)} children
 * @returns {HTMLElement}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) {
    if (child !== undefined && child !== false) made.append(child);
  }
  return made;
}
