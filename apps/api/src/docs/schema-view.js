import { element } from "./element.js";
import { treeOf } from "./schema-tree.js";

function item(/** @type {import("./schema-tree.js").TreeNode} */ { name, type, required, note, children }) {
  return element(
    "li",
    {},
    element("code", {}, name),
    " ",
    element("span", { class: "type" }, type),
    required && element("span", { class: "required" }, " required"),
    note !== "" && element("span", { class: "note" }, note),
    children.length > 0 && element("ul", {}, ...children.map(item)),
  );
}

/** A schema as nested lists; undefined when there is nothing inside it. */
export function schemaView(openapi, schema) {
  const nodes = treeOf(openapi, schema);
  return nodes.length === 0 ? undefined : element("ul", { class: "tree" }, ...nodes.map(item));
}

/** Parameters of a call, drawn like properties. */
export function parametersView(openapi, parameters) {
  const properties = Object.fromEntries(
    parameters.map(({ name, in: where, schema, description }) => [
      where === "query" ? `?${name}` : where === "header" ? `${name}:` : `{${name}}`,
      { ...schema, ...(description === undefined ? {} : { description }) },
    ]),
  );
  const names = Object.keys(properties);
  const required = names.filter((_, i) => parameters[i].required);
  return schemaView(openapi, { type: "object", properties, required });
}
