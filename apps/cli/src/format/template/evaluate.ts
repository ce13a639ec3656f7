import { UsageError } from "../../failures.ts";
import { FUNCTIONS } from "./functions.ts";
import type { Node, Operand, Pipeline } from "./syntax.ts";
import { goText, isMap, isObject, isTrue, sortedKeys } from "./values.ts";

/** The dot, and the variables that are in sight: those of a block end with it. */
interface Scope {
  dot: unknown;
  variables: Map<string, unknown>[];
}
type Leave = "break" | "continue" | undefined;

export function evaluate(nodes: Node[], value: unknown): string {
  const out: string[] = [];
  run(nodes, { dot: value, variables: [new Map([["$", value]])] }, out);
  return out.join("");
}

function run(nodes: Node[], scope: Scope, out: string[]): Leave {
  for (const node of nodes) {
    const leave = step(node, scope, out);
    if (leave) return leave;
  }
  return undefined;
}

function step(node: Node, scope: Scope, out: string[]): Leave {
  switch (node.kind) {
    case "text":
      out.push(node.text);
      return undefined;
    case "print": {
      const value = valueOf(node.pipeline, scope);
      if (node.pipeline.variables.length === 0) out.push(goText(value));
      else assign(node.pipeline, scope, [value]);
      return undefined;
    }
    case "if":
    case "with": {
      const value = valueOf(node.pipeline, scope);
      const within = inner(scope, node.kind === "with" ? value : scope.dot);
      assign(node.pipeline, within, [value]);
      if (isTrue(value)) return run(node.body, within, out);
      return run(node.otherwise, inner(scope, scope.dot), out);
    }
    case "range":
      return runRange(node, scope, out);
    case "break":
    case "continue":
      return node.kind;
    default:
      return node satisfies never;
  }
}

function runRange(node: Node & { kind: "range" }, scope: Scope, out: string[]): Leave {
  const entries = entriesOf(valueOf(node.pipeline, scope));
  if (entries.length === 0) return run(node.otherwise, inner(scope, scope.dot), out);
  for (const [key, value] of entries) {
    const within = inner(scope, value);
    assign(node.pipeline, within, node.pipeline.variables.length === 2 ? [key, value] : [value]);
    if (run(node.body, within, out) === "break") break;
  }
  return undefined;
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [...value.entries()];
  if (isMap(value)) return sortedKeys(value).map((key) => [key, value[key]]);
  throw new UsageError(`template: range cannot go over ${goText(value)}`);
}

function inner({ variables }: Scope, dot: unknown): Scope {
  return { dot, variables: [...variables, new Map()] };
}

function assign({ variables, changes }: Pipeline, scope: Scope, values: unknown[]): void {
  for (const [at, name] of variables.entries()) {
    const last = scope.variables.length - 1;
    const where = changes ? scope.variables.findLast((map) => map.has(name)) : scope.variables[last];
    if (!where) throw new UsageError(`template: there is no variable ${name}`);
    where.set(name, values[at]);
  }
}

function valueOf({ commands }: Pipeline, scope: Scope): unknown {
  let value: unknown;
  for (const [at, command] of commands.entries()) value = callOf(command, scope, at === 0 ? [] : [value]);
  return value;
}

function callOf([first, ...operands]: Operand[], scope: Scope, piped: unknown[]): unknown {
  if (first === undefined) return undefined;
  if (first.kind !== "function") {
    if (operands.length > 0 || piped.length > 0) throw new UsageError("template: only a function takes arguments");
    return operandOf(first, scope);
  }
  const args = [...operands.map((operand) => operandOf(operand, scope)), ...piped];
  return FUNCTIONS.get(first.name)?.(...args);
}

function operandOf(operand: Operand, scope: Scope): unknown {
  switch (operand.kind) {
    case "literal":
      return operand.value;
    case "function":
      return callOf([operand], scope, []);
    case "group":
      return fieldsOf(valueOf(operand.pipeline, scope), operand.fields);
    case "path": {
      if (operand.base === "") return fieldsOf(scope.dot, operand.fields);
      const map = scope.variables.findLast((variables) => variables.has(operand.base));
      if (!map) throw new UsageError(`template: there is no variable ${operand.base}`);
      return fieldsOf(map.get(operand.base), operand.fields);
    }
    default:
      return operand satisfies never;
  }
}

function fieldsOf(value: unknown, fields: string[]): unknown {
  let reached = value;
  for (const name of fields) {
    const there = isObject(reached) && Object.hasOwn(reached, name);
    if (!there && !isMap(reached)) throw new UsageError(`template: there is no ${name} in .${fields.join(".")}`);
    reached = there ? (reached as Record<string, unknown>)[name] : undefined;
  }
  return reached;
}
