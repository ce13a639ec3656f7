import type { Context } from "hono";
import type { AppEnv } from "./deps.ts";

/** What changes something without a transaction of ours in which it could be written down. */
const UNRECORDED: Record<string, string> = {
  execContainer: "container.exec",
  openExec: "container.exec",
  attachContainer: "container.attach",
  connectPort: "container.connect",
  putContainerFiles: "container.write",
  putVolumeFiles: "volume.write",
};

/** Of each request that would change something: that it was refused, and why; or that it was done, where no verb writes so. */
export function auditRequest(c: Context<AppEnv>): void {
  const { deps, problem, requestId, address, operation } = c.var;
  const user = c.get("user");
  const who = { userId: user?.id, keyId: c.get("key")?.id, requestId, address };
  if (problem?.code === "unauthenticated") {
    if (c.req.header("authorization") === undefined) return;
    return deps.auditor.refused({ ...who, action: "authenticate", subject: pathOf(c), detail: { code: problem.code } });
  }
  if (!operation || !user || !(isChange(c) || operation in UNRECORDED)) return;
  const entry = { ...who, action: actionOf(operation), subject: c.req.param("ref") ?? pathOf(c) };
  if (problem) return deps.auditor.refused({ ...entry, subject: pathOf(c), detail: { code: problem.code } });
  if (operation in UNRECORDED) deps.auditor.done(entry);
}

function isChange(c: Context): boolean {
  return !["GET", "HEAD", "OPTIONS"].includes(c.req.method);
}

/** Without its query, which may hold anything. */
function pathOf(c: Context): string {
  return c.req.path.slice(0, 300);
}

/** `startContainer` is `container.start`, as the verbs call it. */
function actionOf(operation: string): string {
  const known = UNRECORDED[operation];
  if (known !== undefined) return known;
  const [, verb = operation, noun = ""] = /^([a-z]+)([A-Z]\w*)$/.exec(operation) ?? [];
  return noun === "" ? verb : `${noun.charAt(0).toLowerCase()}${noun.slice(1)}.${verb}`;
}
