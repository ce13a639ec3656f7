import fc from "fast-check";

/** Requests that a description in OpenAPI allows, and such as it all but allows. */

export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
}
export interface Operation {
  parameters?: { name: string; in: "path" | "query" | "header"; schema: Schema }[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
  responses: Record<string, { content?: Record<string, { schema?: Schema }> }>;
}
export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export interface FuzzRequest {
  /** As `GET /v1/me`. */
  name: string;
  method: string;
  target: string;
  headers: Record<string, string>;
  body: string | undefined;
}

const NASTY = [
  "",
  "..",
  "../../etc/passwd",
  "\0",
  "\n",
  "%",
  "%zz",
  "' or 1=1 --",
  "$(id)",
  "{{7*7}}",
  "__proto__",
  "constructor",
  "\u202e",
  "💣",
  "-1",
  "1e999",
  "NaN",
  "0x10",
  "9007199254740993",
  "a".repeat(10_000),
];
const JUNK: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1e300, 0.5, 2 ** 53, [], {}, [[]], ...NASTY),
  fc.jsonValue({ maxDepth: 2 }),
);

/** `known` gives values for members and parameters of these names, as `ref` or `volumes.ref`, so that many requests reach what there is. */
export function requests({ paths, components }: OpenApi, known: Record<string, unknown[]>): fc.Arbitrary<FuzzRequest> {
  const arbitraries = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => requestTo(path, method.toUpperCase(), operation)),
  );
  return fc.oneof(...arbitraries);

  function requestTo(
    path: string,
    method: string,
    { parameters = [], requestBody }: Operation,
  ): fc.Arbitrary<FuzzRequest> {
    const [, , noun = ""] = path.split("/");
    const knownAs = (name: string) => (known[`${noun}.${name}`] ? `${noun}.${name}` : name);
    const of = (place: string) => parameters.filter((parameter) => parameter.in === place);
    const texts = (place: string, share: number) =>
      fc.record(
        Object.fromEntries(
          of(place).map(({ name, schema }) => [
            name,
            fc.option(text(schema, knownAs(name)), { nil: undefined, freq: share }),
          ]),
        ),
      );
    const types = Object.keys(requestBody?.content ?? {});
    const body = requestBody?.content["application/json"]?.schema;
    const json = body && mutated(valid(body, 4)).map((value) => JSON.stringify(value));
    const bytes = fc.string({ unit: "binary-ascii", maxLength: 600 });
    const withBody = fc.oneof(
      ...(json ? [{ weight: 8, arbitrary: fc.record({ type: fc.constant("application/json"), body: json }) }] : []),
      ...(types.length > 0
        ? [{ weight: 2, arbitrary: fc.record({ type: fc.constantFrom(...types), body: bytes }) }]
        : []),
      { weight: 1, arbitrary: fc.record({ type: fc.constantFrom("text/plain", "application/json", ""), body: bytes }) },
    );
    const written =
      method === "GET"
        ? fc.constant(undefined)
        : fc.option(withBody, { nil: undefined, freq: types.length > 0 ? 9 : 1 });
    return fc
      .record({ params: texts("path", 1_000), query: texts("query", 1), said: texts("header", 1), sent: written })
      .map(({ params, query, said, sent }) => {
        const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
        const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
        const search = new URLSearchParams(pairs).toString();
        const headers = Object.entries(said).filter(
          (pair): pair is [string, string] => pair[1] !== undefined && /^[\x20-\x7e]*$/.test(pair[1]),
        );
        return {
          name: `${method} ${path}`,
          method,
          target: search === "" ? filled : `${filled}?${search}`,
          headers: { ...Object.fromEntries(headers), ...(sent && sent.type !== "" && { "content-type": sent.type }) },
          body: sent?.body,
        };
      });
  }

  function text(schema: Schema, name: string): fc.Arbitrary<string> {
    const right = valid(schema, 1, name).map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
    return fc.oneof({ weight: 4, arbitrary: right }, { weight: 1, arbitrary: fc.constantFrom(...NASTY) });
  }

  function valid(schema: Schema, depth: number, name = ""): fc.Arbitrary<unknown> {
    if (known[name]) return fc.constantFrom(...known[name]);
    if (schema.$ref) return valid(components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {}, depth, name);
    if (schema.allOf) return valid(Object.assign({}, ...schema.allOf) as Schema, depth, name);
    const either = schema.anyOf ?? schema.oneOf;
    if (either) return fc.oneof(...either.map((each) => valid(each, depth, name)));
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const types = [schema.type ?? "object"].flat();
    return fc.oneof(...types.map((type) => ofType(type, schema, depth)));
  }

  function ofType(type: string, schema: Schema, depth: number): fc.Arbitrary<unknown> {
    const { minimum = 0, maximum = 1_000, properties = {}, required = [], additionalProperties } = schema;
    switch (type) {
      case "null":
        return fc.constant(null);
      case "boolean":
        return fc.boolean();
      case "integer":
      case "number":
        return fc.constantFrom(minimum, minimum + 1, maximum, maximum + 1, minimum - 1);
      case "string":
        return schema.pattern
          ? fc.stringMatching(new RegExp(schema.pattern), { maxLength: 60 })
          : fc.string({ unit: "grapheme", maxLength: 20 });
      case "array":
        return depth === 0 ? fc.constant([]) : fc.array(valid(schema.items ?? {}, depth - 1), { maxLength: 3 });
      default: {
        const members = fc.record(
          Object.fromEntries(
            Object.entries(properties).map(([name, each]) => [name, valid(each, Math.max(depth - 1, 0), name)]),
          ),
          { requiredKeys: required.filter((name) => name in properties) },
        );
        if (typeof additionalProperties !== "object" || depth === 0) return members;
        const more = fc.dictionary(fc.string({ maxLength: 10 }), valid(additionalProperties, depth - 1), {
          maxKeys: 2,
        });
        return fc.tuple(members, more).map(([one, other]) => ({ ...other, ...one }));
      }
    }
  }
}

/** Half of them as they are; in the others one member, somewhere, is another, one too many or missing. */
function mutated(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const how = fc.constantFrom("keep", "keep", "keep", "replace", "add", "remove");
  return fc.tuple(values, how, fc.nat(), fc.constantFrom(...NASTY), JUNK).map(([value, kind, at, key, junk]) => {
    if (kind === "keep") return value;
    const copy: unknown = structuredClone(value);
    const places: [holder: Record<string, unknown>, key: string][] = [];
    const walk = (holder: unknown) => {
      if (typeof holder !== "object" || holder === null) return;
      for (const each of Object.keys(holder)) {
        places.push([holder as Record<string, unknown>, each]);
        walk((holder as Record<string, unknown>)[each]);
      }
    };
    walk(copy);
    const place = places[at % Math.max(places.length, 1)];
    if (!place) return junk;
    const [holder, member] = place;
    if (kind === "replace") holder[member] = junk;
    else if (kind === "add") Object.defineProperty(holder, key, { value: junk, enumerable: true });
    else delete holder[member];
    return copy;
  });
}
