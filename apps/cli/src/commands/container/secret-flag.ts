import type { CreateContainer } from "@hafen/sdk";
import { UsageError } from "../../failures.ts";
import { absolute } from "./volume-flags.ts";

type SecretRequest = NonNullable<CreateContainer["secrets"]>[number];

/** swarm's and podman's names for one thing. */
const KEYS: Record<string, "name" | "target" | "uid" | "gid" | "mode" | "type"> = {
  source: "name",
  src: "name",
  target: "target",
  uid: "uid",
  gid: "gid",
  mode: "mode",
  type: "type",
};
const DIRECTORY = "/run/secrets";

/** `NAME`, or `source=NAME,target=/path,uid=0,gid=0,mode=0400`; podman's `NAME,target=/path` too. */
export function secretOf(text: string): SecretRequest {
  const given = new Map<string, string>();
  for (const [at, field] of text.split(",").entries()) {
    const [, key = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(field) ?? [];
    const name = at === 0 && value === undefined ? "name" : Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (name === undefined) throw new UsageError(`${key} is not supported; there is source, target, uid, gid and mode`);
    given.set(name, at === 0 && value === undefined ? field : (value ?? ""));
  }
  const name = given.get("name");
  const target = given.get("target");
  const mode = given.get("mode");
  if (!name) throw new UsageError("which secret? NAME, or source=NAME");
  if ((given.get("type") ?? "mount") !== "mount")
    throw new UsageError("a secret comes as a file; no variable of a container is secret from those who inspect it");
  return {
    name,
    // A name alone is one below the usual directory, as in swarm and compose.
    ...(target === undefined ? {} : { target: target.includes("/") ? absolute(target) : `${DIRECTORY}/${target}` }),
    ...numbered("uid", given.get("uid")),
    ...numbered("gid", given.get("gid")),
    ...(mode === undefined ? {} : { mode }),
  };
}

function numbered(key: "uid" | "gid", text: string | undefined): { uid?: number; gid?: number } {
  if (text === undefined) return {};
  if (!/^\d+$/.test(text)) throw new UsageError(`${key} is a number, not ${text}`);
  return { [key]: Number(text) };
}
