import { element } from "./element.js";

const KEY = "hafen.docs.apiKey";
/** What an answer may show; a followed log has no end. */
const MAX_CHARACTERS = 200_000;

/** The key lives in this tab's session and is sent to this service only. */
export function keepKey(/** @type {HTMLInputElement} */ input) {
  input.value = sessionStorage.getItem(KEY) ?? "";
  input.addEventListener("input", () => {
    if (input.value === "") sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, input.value.trim());
  });
  input.form?.addEventListener("submit", (event) => event.preventDefault());
}

/**
 * The address of a call with what was filled in; below wherever this page is.
 * @param {string} path @param {{ name: string, in: string, value: string }[]} values @param {string} page
 */
export function addressOf(path, values, page) {
  let filled = path;
  for (const { name, value } of values.filter((each) => each.in === "path"))
    filled = filled.replace(`{${name}}`, () => encodeURIComponent(value));
  const query = new URLSearchParams(
    values.filter((each) => each.in === "query" && each.value !== "").map(({ name, value }) => [name, value]),
  );
  const url = new URL(filled.slice(1), new URL(".", page));
  url.search = query.toString();
  return url;
}

function field(operationId, parameter) {
  const id = `try-${operationId}-${parameter.name}`;
  const options = parameter.schema?.enum;
  const input = options
    ? element(
        "select",
        { id },
        element("option", { value: "" }, ""),
        ...options.map((option) => element("option", {}, String(option))),
      )
    : element("input", { id, required: parameter.required === true, autocomplete: "off", spellcheck: "false" });
  return {
    parameter,
    input: /** @type {HTMLInputElement} */ (input),
    label: element("label", { for: id }, parameter.name),
  };
}

/** Shows an answer as it comes; JSON is set out once it is whole. */
async function show(response, output) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let next = await reader?.read(); next && !next.done; next = await reader.read()) {
    text = (text + next.value).slice(0, MAX_CHARACTERS);
    output.textContent = text;
    if (text.length === MAX_CHARACTERS) return reader.cancel();
  }
  if (
    response.headers.get("content-type")?.includes("json") &&
    !response.headers.get("content-type")?.includes("ndjson")
  ) {
    output.textContent = JSON.stringify(JSON.parse(text), null, 2);
  }
}

/** A form that makes the call from this page; for calls that change nothing. */
export function tryIt(/** @type {import("./operations.js").Operation} */ { id, path, parameters }) {
  const fields = parameters.filter((each) => each.in !== "header").map((each) => field(id, each));
  const status = element("p", { role: "status" });
  const output = element("code");
  const pre = element("pre", { tabindex: "0", hidden: true }, output);
  const send = /** @type {HTMLButtonElement} */ (element("button", { type: "submit" }, "Send"));
  const stop = /** @type {HTMLButtonElement} */ (
    element("button", { type: "button", disabled: true, onclick: () => running?.abort() }, "Stop")
  );
  /** @type {AbortController | undefined} */
  let running;

  async function submit(/** @type {Event} */ event) {
    event.preventDefault();
    const values = fields.map(({ parameter, input }) => ({
      name: parameter.name,
      in: parameter.in,
      value: input.value,
    }));
    const apiKey = sessionStorage.getItem(KEY);
    running = new AbortController();
    send.disabled = !(stop.disabled = false);
    output.textContent = "";
    status.textContent = "…";
    const startedMs = performance.now();
    try {
      const headers = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
      const response = await fetch(addressOf(path, values, document.baseURI), { headers, signal: running.signal });
      status.textContent = `${response.status} ${response.statusText} after ${Math.round(performance.now() - startedMs)} ms`;
      pre.hidden = false;
      await show(response, output);
    } catch (error) {
      status.textContent = running.signal.aborted ? "Stopped." : `It did not work: ${String(error)}`;
    } finally {
      send.disabled = !(stop.disabled = true);
    }
  }

  return element(
    "form",
    { class: "try", onsubmit: submit },
    element("h4", {}, "Try it"),
    element("div", { class: "fields" }, ...fields.flatMap(({ label, input }) => [label, input])),
    send,
    " ",
    stop,
    status,
    pre,
  );
}
