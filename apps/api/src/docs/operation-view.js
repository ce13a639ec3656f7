import { copyable } from "./copy-button.js";
import { curlExamples } from "./curl.js";
import { element } from "./element.js";
import { problemCodes } from "./operations.js";
import { typeName } from "./schema-tree.js";
import { parametersView, schemaView } from "./schema-view.js";
import { tryIt } from "./try-it.js";

/** @typedef {import("./operations.js").Operation} Operation */

function bodiesView(openapi, /** @type {Operation} */ { bodies, bodyRequired }) {
  const types = Object.keys(bodies);
  if (types.length === 0) return [];
  const binary = types.filter((type) => type !== "application/json");
  const json = bodies["application/json"];
  return [
    element("h4", {}, bodyRequired ? "Body" : "Body (optional)"),
    binary.length > 0 && element("p", {}, `A file: ${binary.join(", ")}`),
    json &&
      element(
        "p",
        {},
        binary.length > 0 && "Or application/json: ",
        element("span", { class: "type" }, typeName(json)),
      ),
    json && schemaView(openapi, json),
  ];
}

function problemLinks(codes) {
  return codes.flatMap((code, i) => [
    i > 0 && ", ",
    element("a", { href: `#problem-${code}` }, element("code", {}, code)),
  ]);
}

function responseView(openapi, response) {
  const codes = problemCodes(response);
  if (codes.length > 0) return element("li", {}, element("strong", {}, response.status), " ", ...problemLinks(codes));
  const [schema] = Object.values(response.contents);
  const tree = schema && schemaView(openapi, schema);
  const types = Object.keys(response.contents).filter((type) => type !== "application/json");
  return element(
    "li",
    {},
    element("strong", {}, response.status),
    ` ${response.description}`,
    schema && element("span", { class: "type" }, ` ${typeName(schema)}`),
    types.length > 0 && element("span", { class: "type" }, ` as ${types.join(" or ")}`),
    tree && element("details", {}, element("summary", {}, "What is in it"), tree),
  );
}

/** One call, folded: what it takes, what it answers, how to make it. */
export function operationView(openapi, /** @type {Operation} */ operation) {
  const { id, method, path, summary, scope, parameters, responses } = operation;
  const heading = element(
    "h3",
    {},
    element("span", { class: `method ${method}` }, method.toUpperCase()),
    element("span", { class: "path" }, path),
    element("span", { class: "summary" }, summary),
  );
  return element(
    "details",
    { class: "operation", id, "data-search": `${id} ${method} ${path} ${summary}`.toLowerCase() },
    element("summary", {}, heading),
    element(
      "div",
      {},
      element("p", {}, scope === "none" ? "Open to all." : `Needs a key with scope ${scope}.`),
      parameters.length > 0 && element("h4", {}, "Parameters"),
      parameters.length > 0 && parametersView(openapi, parameters),
      ...bodiesView(openapi, operation),
      element("h4", {}, "Answers"),
      element(
        "ul",
        { class: "tree" },
        ...responses.toSorted((a, b) => a.status.localeCompare(b.status)).map((each) => responseView(openapi, each)),
      ),
      element("h4", {}, "Example"),
      ...curlExamples(openapi, operation).map(copyable),
      method === "get" && tryIt(operation),
    ),
  );
}
