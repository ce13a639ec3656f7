import { Askers } from "./askers.ts";
import { closedTo } from "./closed.ts";
import type { FromResolver, ResolverSettings, ToResolver } from "./protocol.ts";
import { serve } from "./server.ts";
import { askUpstream } from "./upstream.ts";

/** Reads what containers and the world outside write, so it has no right to anything. */
const NOBODY = 65_534;

const settings = JSON.parse(process.argv[2] ?? "") as ResolverSettings;
const askers = new Askers();
const opening = new Map<number, (done: boolean) => void>();
let calls = 0;
const say = (message: FromResolver) => process.connected && process.send?.(message);

process.on("disconnect", () => process.exit());
process.on("message", (message: ToResolver) => {
  if (message.type !== "opened") return askers.apply(message);
  opening.get(message.call)?.(message.done);
  opening.delete(message.call);
});

await serve(settings.address, {
  asker: (address) => askers.at(address),
  ask: (question) => askUpstream(settings.upstreams, question),
  isClosed: closedTo(settings.closed),
  open: (id, openings) =>
    new Promise((resolve) => {
      opening.set(++calls, resolve);
      say({ type: "open", call: calls, id, openings });
    }),
  learned: (id, name, addresses) => say({ type: "learned", id, name, addresses }),
  refused: (id, name) => say({ type: "refused", id, name }),
});
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
say({ type: "listening" });
