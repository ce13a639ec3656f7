import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { IMPORTS, WRAPPED } from "./import-table.ts";
import { type Import, packageOf, readImports } from "./imports.ts";

const SOURCES = ["packages/**/*.{ts,tsx}", "apps/**/*.{ts,tsx}", "infra/**/*.ts", "test/**/*.ts"];
const GENERATED = /\.gen\.ts$/;
const MAXIMUM_LINES = 400;
const FORBIDDEN_FOLDERS = ["utils", "helpers", "common"];

interface Source {
  file: string;
  /** The workspace it lies in, as `packages/db`. */
  workspace: string;
  text: string;
  isTest: boolean;
}

/** Everything that breaks a rule of the house, one line each. */
export function findViolations(root: string): string[] {
  const files = globSync(SOURCES, { cwd: root, exclude: ["**/node_modules/**", "**/dist/**"] }).toSorted();
  const sources = files.filter((file) => !GENERATED.test(file)).map((file) => readSource(root, file));
  return [
    ...sources.flatMap((source) => [...checkFile(source), ...checkImports(source)]),
    ...checkDoors(root, sources),
    ...checkMigrations(root),
  ];
}

function readSource(root: string, file: string): Source {
  const [first = "", second = ""] = file.split("/");
  const workspace = first === "packages" || first === "apps" ? `${first}/${second}` : first;
  return {
    file,
    workspace,
    text: readFileSync(join(root, file), "utf8"),
    isTest: file.endsWith(".test.ts") || basename(file).startsWith("test-") || workspace === "test",
  };
}

function checkFile({ file, workspace, text, isTest }: Source): string[] {
  const found: string[] = [];
  const lines = text.split("\n").length;
  if (lines > MAXIMUM_LINES) found.push(`${file}: ${lines} lines, at most ${MAXIMUM_LINES}`);
  const folder = dirname(file)
    .split("/")
    .find((part) => FORBIDDEN_FOLDERS.includes(part));
  if (folder) found.push(`${file}: a folder named ${folder} says nothing about what is in it`);
  const mayReadEnvironment =
    isTest || workspace === "infra" || basename(file) === "main.ts" || file.endsWith(".config.ts");
  if (!mayReadEnvironment && /\bprocess\.env\b/.test(text))
    found.push(`${file}: reads process.env; only main.ts does, once`);
  return found;
}

export function checkImports({ file, workspace, text, isTest }: Source): string[] {
  return readImports(text).flatMap((entry) => {
    const reason =
      leavesWorkspace(file, workspace, entry.specifier) ??
      breaksTable(workspace, isTest, entry) ??
      passesWrapper(workspace, isTest, entry);
    return reason === undefined ? [] : [`${file}: ${reason}`];
  });
}

function leavesWorkspace(file: string, workspace: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const target = normalize(join(dirname(file), specifier));
  return target.startsWith(`${workspace}/`)
    ? undefined
    : `${specifier} reaches into another package; import it by name`;
}

function breaksTable(workspace: string, isTest: boolean, { specifier, values }: Import): string | undefined {
  const name = packageOf(specifier);
  const allowed = IMPORTS[workspace];
  if (!name.startsWith("@hafen/") || isTest || !allowed || allowed.packages.includes(name)) return undefined;
  const types = allowed.typesOnly?.[name];
  if (!types) return `${workspace} may not import ${name}`;
  const surplus = values.filter((value) => !types.values.includes(value));
  return surplus.length === 0 ? undefined : `${workspace} may import only types of ${name}, not ${surplus.join(", ")}`;
}

function passesWrapper(workspace: string, isTest: boolean, { specifier }: Import): string | undefined {
  const owners = WRAPPED[packageOf(specifier)];
  if (!owners || isTest || owners.includes(workspace)) return undefined;
  return `${specifier} is used through ${owners[0]}`;
}

/** A package is entered only by the doors its `exports` names. */
function checkDoors(root: string, sources: Source[]): string[] {
  const manifests = globSync(
    ["packages/*/package.json", "apps/*/package.json", "infra/package.json", "test/package.json"],
    { cwd: root },
  );
  const doors = new Map(manifests.map((file) => readManifest(join(root, file))));
  return sources.flatMap(({ file, text }) =>
    readImports(text)
      .filter(({ specifier }) => specifier.startsWith("@hafen/"))
      .filter(
        ({ specifier }) =>
          !doors.get(packageOf(specifier))?.includes(`.${specifier.slice(packageOf(specifier).length)}`),
      )
      .map(({ specifier }) => `${file}: ${specifier} is no door of ${packageOf(specifier)}`),
  );
}

function readManifest(path: string): [string, string[]] {
  const { name, exports = {} } = JSON.parse(readFileSync(path, "utf8")) as {
    name: string;
    exports?: Record<string, unknown>;
  };
  return [name, Object.keys(exports)];
}

/** drizzle compares only the newest time: a migration merged late with an older one would be skipped in silence. */
function checkMigrations(root: string): string[] {
  const journal = join(root, "migrations", "meta", "_journal.json");
  if (!existsSync(journal)) return [];
  const { entries } = JSON.parse(readFileSync(journal, "utf8")) as {
    entries: { idx: number; when: number; tag: string }[];
  };
  const late = entries.filter((entry, index) => index > 0 && entry.when <= (entries[index - 1]?.when ?? 0));
  const missing = entries.filter((entry) => !existsSync(join(root, "migrations", `${entry.tag}.sql`)));
  const known = new Set(entries.map((entry) => `${entry.tag}.sql`));
  const unlisted = globSync("*.sql", { cwd: join(root, "migrations") }).filter((file) => !known.has(file));
  return [
    ...late.map((entry) => `migrations/${entry.tag}.sql: not newer than the one before it, drizzle would skip it`),
    ...missing.map((entry) => `migrations/${entry.tag}.sql: in the journal, but absent`),
    ...unlisted.map((file) => `migrations/${file}: not in the journal, it would never run`),
  ];
}
