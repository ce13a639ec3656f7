import { element } from "./element.js";

const ROUTES_SHOWN = 4;

function calls(operationIds) {
  if (operationIds.length === 0) return ["any call"];
  const links = operationIds
    .slice(0, ROUTES_SHOWN)
    .flatMap((id, i) => [i > 0 && ", ", element("a", { href: `#${id}` }, id)]);
  const more = operationIds.length - ROUTES_SHOWN;
  return more > 0 ? [...links, ` and ${more} more`] : links;
}

/** The table of problems; each row is what the `type` of such an answer points to. */
export function problemsView(rows) {
  const heads = ["Code", "Status", "Meaning", "Where"].map((text) => element("th", { scope: "col" }, text));
  const body = rows.map(({ code, status, title, operationIds }) =>
    element(
      "tr",
      { id: `problem-${code}`, "data-search": `${code} ${status} ${title}`.toLowerCase() },
      element("td", {}, element("a", { href: `#problem-${code}` }, element("code", {}, code))),
      element("td", {}, status),
      element("td", {}, title),
      element("td", {}, ...calls(operationIds)),
    ),
  );
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...body));
  return element(
    "section",
    { "aria-labelledby": "problems" },
    element("h2", { id: "problems" }, "All problems"),
    element("div", { class: "wide" }, table),
  );
}
