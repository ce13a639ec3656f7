import { element } from "./element.js";
import { operationView } from "./operation-view.js";
import { byTag, operationsOf } from "./operations.js";
import { problemRows } from "./problems.js";
import { problemsView } from "./problems-view.js";
import { wireSearch } from "./search.js";
import { keepKey } from "./try-it.js";

const byId = (/** @type {string} */ id) => document.getElementById(id);

async function load(/** @type {string} */ url) {
  const response = await fetch(new URL(url, document.baseURI));
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

/** The contents' entry of a call, as "create container"; found by the same search as the call. */
function entry({ id, method, path, summary }) {
  const name = id.replace(/[A-Z]/g, " $&").toLowerCase();
  const link = element("a", { href: `#${id}`, title: `${method.toUpperCase()} ${path}` }, name);
  return element("li", { "data-search": `${id} ${method} ${path} ${summary}`.toLowerCase() }, link);
}

function draw(openapi, problems) {
  const operations = operationsOf(openapi);
  for (const [tag, group] of byTag(operations)) {
    const heading = element("h2", { class: "tag", id: `tag-${tag}` }, tag);
    const views = group.map((operation) => operationView(openapi, operation));
    byId("reference").append(
      element("section", { "aria-labelledby": `tag-${tag}`, "data-group": true }, heading, ...views),
    );
    byId("contents").append(
      element(
        "div",
        { "data-group": true },
        element("p", { class: "group" }, tag),
        element("ul", {}, ...group.map(entry)),
      ),
    );
  }
  byId("reference").append(problemsView(problemRows(openapi, operations, problems)));
}

/** What the address points to is drawn after the page was loaded, and may be folded. */
function showTarget() {
  const target = byId(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.matches("details")) target.open = true;
  target.scrollIntoView();
}

keepKey(byId("key"));
try {
  draw(...(await Promise.all([load("openapi.json"), load("docs/problems.json")])));
  byId("loading").remove();
  wireSearch(byId("search"), byId("found"));
  addEventListener("hashchange", showTarget);
  if (location.hash !== "") showTarget();
} catch (error) {
  byId("loading").textContent = `The calls could not be loaded: ${String(error)}`;
}
