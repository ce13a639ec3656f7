/** A template as it was understood. */
export type Node =
  | { kind: "text"; text: string }
  | { kind: "print"; pipeline: Pipeline }
  | { kind: "if" | "with"; pipeline: Pipeline; body: Node[]; otherwise: Node[] }
  | { kind: "range"; pipeline: Pipeline; body: Node[]; otherwise: Node[] }
  | { kind: "break" | "continue" };

/** Commands, each of which gets the value of the one before as its last argument. */
export interface Pipeline {
  /** `$x :=` or `$i, $x :=` makes them, `$x =` changes one. */
  variables: string[];
  changes: boolean;
  commands: Operand[][];
}

export type Operand =
  | { kind: "literal"; value: unknown }
  /** Of the dot, or of a variable: its base is "" or the variable. */
  | { kind: "path"; base: string; fields: string[] }
  | { kind: "function"; name: string }
  | { kind: "group"; pipeline: Pipeline; fields: string[] };
