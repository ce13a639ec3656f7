import { UsageError } from "../../failures.ts";
import { FUNCTIONS } from "./functions.ts";
import type { Node, Operand, Pipeline } from "./syntax.ts";
import { piecesOf, tokensOf, type Piece, type Token } from "./tokens.ts";

const CONSTANTS = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["nil", null],
]);
const REFUSED = ["define", "template", "block"];

/** @throws UsageError for what is wrong or not supported, by its name. */
export function parseTemplate(template: string): Node[] {
  const pieces = piecesOf(template);
  const { nodes, end } = parseNodes(pieces, false);
  if (end !== undefined) throw new UsageError(`template: {{${end}}} without what it belongs to`);
  return nodes;
}

interface Parsed {
  nodes: Node[];
  /** The action that ended them: `end`, `else` or `else if …`; undefined: the template's end. */
  end: string | undefined;
}

function parseNodes(pieces: Piece[], inRange: boolean): Parsed {
  const nodes: Node[] = [];
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
    if ("text" in piece) {
      nodes.push({ kind: "text", text: piece.text });
      continue;
    }
    const { action } = piece;
    const [, keyword = "", rest = ""] = /^([a-z]+)\b\s*([\s\S]*)$/.exec(action) ?? [];
    if (keyword === "end" || keyword === "else") return { nodes, end: action };
    if (REFUSED.includes(keyword)) throw new UsageError(`template: ${keyword} is not supported`);
    if (keyword === "if" || keyword === "with" || keyword === "range")
      nodes.push(parseBlock(pieces, keyword, rest, inRange || keyword === "range"));
    else if (keyword === "break" || keyword === "continue") {
      if (!inRange) throw new UsageError(`template: ${keyword} outside of range`);
      nodes.push({ kind: keyword });
    } else nodes.push({ kind: "print", pipeline: pipelineOf(action) });
  }
  return { nodes, end: undefined };
}

function parseBlock(pieces: Piece[], kind: "if" | "with" | "range", head: string, inRange: boolean): Node {
  const pipeline = pipelineOf(head);
  if (pipeline.variables.length > (kind === "range" ? 2 : 1))
    throw new UsageError(`template: too many variables for ${kind}`);
  const { nodes: body, end } = parseNodes(pieces, inRange);
  if (end === undefined) throw new UsageError(`template: ${kind} without {{end}}`);
  if (end === "end") return { kind, pipeline, body, otherwise: [] };
  const [, chained, rest = ""] = /^else\s+(if|with)\s+([\s\S]*)$/.exec(end) ?? [];
  if (chained !== undefined && kind !== "range")
    return { kind, pipeline, body, otherwise: [parseBlock(pieces, chained as "if" | "with", rest, inRange)] };
  if (end !== "else") throw new UsageError(`template: {{${end}}} is not understood`);
  const { nodes: otherwise, end: last } = parseNodes(pieces, inRange);
  if (last !== "end") throw new UsageError(`template: ${kind} without {{end}}`);
  return { kind, pipeline, body, otherwise };
}

function pipelineOf(text: string): Pipeline {
  const tokens = tokensOf(text);
  const pipeline = parsePipeline(tokens);
  if (tokens.length > 0) throw new UsageError(`template: ) without ( in ${text}`);
  return pipeline;
}

function parsePipeline(tokens: Token[]): Pipeline {
  const { variables, changes } = takeVariables(tokens);
  const commands: Operand[][] = [];
  for (;;) {
    const command = takeCommand(tokens);
    if (command.length === 0) throw new UsageError("template: nothing to print");
    commands.push(command);
    if (!isMark(tokens[0], "|")) return { variables, changes, commands };
    tokens.shift();
  }
}

function takeVariables(tokens: Token[]): { variables: string[]; changes: boolean } {
  const variables: string[] = [];
  for (let at = 0; at < 3; at += 2) {
    const token = tokens[at];
    if (token?.kind !== "path" || !/^\$\w+$/.test(token.base) || token.fields.length > 0) break;
    variables.push(token.base);
    const [makes, changes] = [isMark(tokens[at + 1], ":="), isMark(tokens[at + 1], "=")];
    if (makes || changes) {
      tokens.splice(0, at + 2);
      return { variables, changes };
    }
    if (!isMark(tokens[at + 1], ",")) break;
  }
  return { variables: [], changes: false };
}

function takeCommand(tokens: Token[]): Operand[] {
  const operands: Operand[] = [];
  for (;;) {
    const [token] = tokens;
    if (token === undefined || isMark(token, "|") || isMark(token, ")")) return operands;
    tokens.shift();
    operands.push(isMark(token, "(") ? takeGroup(tokens) : operandOf(token));
  }
}

function takeGroup(tokens: Token[]): Operand {
  const pipeline = parsePipeline(tokens);
  if (!isMark(tokens.shift(), ")")) throw new UsageError("template: ( without )");
  const fields = tokens[0]?.kind === "fields" ? tokens[0].fields : undefined;
  if (fields) tokens.shift();
  return { kind: "group", pipeline, fields: fields ?? [] };
}

function operandOf(token: Token): Operand {
  switch (token.kind) {
    case "path":
      return token;
    case "literal":
      return { kind: "literal", value: token.value };
    case "word":
      if (CONSTANTS.has(token.text)) return { kind: "literal", value: CONSTANTS.get(token.text) };
      if (!FUNCTIONS.has(token.text))
        throw new UsageError(`template: ${token.text} is not supported; there is ${[...FUNCTIONS.keys()].join(", ")}`);
      return { kind: "function", name: token.text };
    case "mark":
    case "fields":
      throw new UsageError(`template: ${token.kind === "mark" ? token.text : "."} is not understood there`);
    default:
      return token satisfies never;
  }
}

function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === "mark" && token.text === text;
}
