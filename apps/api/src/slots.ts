import { ProblemError } from "@hafen/contract";

export interface Slots {
  /** Takes one of the user's; answers with how to give it back. @throws ProblemError when there is none left. */
  take(userId: string): () => void;
}

/** How many streams each user may have open in this process. */
export function openSlots(perUser: number): Slots {
  const open = new Map<string, number>();
  return {
    take(userId) {
      const now = open.get(userId) ?? 0;
      if (now >= perUser) throw new ProblemError("too_many_streams", `There are ${perUser} open. Close some first.`);
      open.set(userId, now + 1);
      return () => {
        const left = (open.get(userId) ?? 1) - 1;
        if (left === 0) open.delete(userId);
        else open.set(userId, left);
      };
    },
  };
}
