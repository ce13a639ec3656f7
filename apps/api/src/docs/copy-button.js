import { element } from "./element.js";

const TOLD_MS = 2000;

/** navigator.clipboard exists on secure origins only; a self-hosted service may be at plain http. */
async function copy(/** @type {HTMLElement} */ source) {
  if (navigator.clipboard) return navigator.clipboard.writeText(source.textContent ?? "");
  const selection = getSelection();
  selection?.selectAllChildren(source);
  document.execCommand("copy");
  selection?.removeAllRanges();
}

/** A code block with a button that copies it. */
export function copyable(/** @type {string} */ text) {
  const code = element("code", {}, text);
  const button = element("button", { type: "button", onclick: press }, "Copy");
  async function press() {
    const done = await copy(code).then(
      () => "Copied",
      () => "Select it by hand",
    );
    button.textContent = done;
    setTimeout(() => (button.textContent = "Copy"), TOLD_MS);
  }
  return element("div", { class: "example" }, element("pre", { tabindex: "0" }, code), button);
}
