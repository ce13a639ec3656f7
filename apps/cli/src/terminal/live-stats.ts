import type { Container, ContainerStats, Hafen, HafenErrorCode } from "@hafen/sdk";
import { HafenError } from "@hafen/sdk";

/** The newest sample of each container, while they run. */
export interface LiveStats {
  /** Follows these and lets go of others; answers with what is known of them. A failure of the service is thrown. */
  of(containers: Container[]): { container: Container; stats: ContainerStats | undefined }[];
  close(): void;
}

/** It has ended, or was left. */
const EXPECTED: HafenErrorCode[] = ["container_wrong_state", "container_not_found", "aborted"];

export function liveStats(client: Hafen): LiveStats {
  const followed = new Map<string, { newest: ContainerStats | undefined; leave: AbortController }>();
  let failure: unknown;
  const follow = async (id: string) => {
    const entry = { newest: undefined as ContainerStats | undefined, leave: new AbortController() };
    followed.set(id, entry);
    try {
      for await (const sample of client.containers.stats(id, { signal: entry.leave.signal })) entry.newest = sample;
    } catch (error) {
      if (!(error instanceof HafenError && EXPECTED.includes(error.code))) failure ??= error;
    } finally {
      followed.delete(id);
    }
  };
  return {
    of(containers) {
      if (failure !== undefined) throw failure;
      const wanted = new Set(containers.map(({ id }) => id));
      for (const [id, { leave }] of followed) if (!wanted.has(id)) leave.abort();
      for (const id of wanted) if (!followed.has(id)) void follow(id);
      return containers.map((container) => ({ container, stats: followed.get(container.id)?.newest }));
    },
    close() {
      for (const { leave } of followed.values()) leave.abort();
    },
  };
}
