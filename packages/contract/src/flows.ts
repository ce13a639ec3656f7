import { z } from "@hono/zod-openapi";
import { ListQuery, Time } from "./conventions.ts";
import { VERDICTS } from "./lifecycle.ts";

const Count = z.number().int();

/** One destination that a container talked to, or tried to. */
export const Flow = z
  .object({
    id: z.string(),
    verdict: z.enum(VERDICTS).describe("denied: the packets did not pass, or the name was not resolved"),
    protocol: z.string().describe("tcp, udp, icmp, another one's name or number; dns: a name that was asked for"),
    address: z.string().nullable().describe("null for dns"),
    port: z.number().int().nullable().describe("null where the protocol has none"),
    name: z
      .string()
      .nullable()
      .describe("What the container had asked for to get the address; for dns, null: it asked more than it may"),
    sentPackets: Count.describe("For dns: queries"),
    sentBytes: Count,
    receivedPackets: Count,
    receivedBytes: Count,
    firstSeenAt: Time,
    lastSeenAt: Time,
  })
  .openapi("Flow");
export type Flow = z.infer<typeof Flow>;

export const FlowQuery = ListQuery.extend({ verdict: z.enum(VERDICTS).optional() });
export type FlowQuery = z.infer<typeof FlowQuery>;
