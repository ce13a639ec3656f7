import { z } from "@hono/zod-openapi";
import { Time } from "./conventions.ts";

export const EVENT_TYPES = [
  "build.queued",
  "build.started",
  "build.succeeded",
  "build.failed",
  "build.cancelled",
  "build.removed",
  "image.created",
  "image.tagged",
  "image.untagged",
  "image.removed",
  "container.requested",
  "container.created",
  "container.started",
  "container.exited",
  "container.failed",
  "container.lost",
  "container.removed",
  "container.changed",
  "container.paused",
  "container.unpaused",
  "container.restarting",
  "container.renamed",
  "container.health",
  "volume.created",
  "volume.removed",
  "volume.copied",
  "volume.failed",
  "volume.lost",
  "image.pushed",
  "link.created",
  "link.revoked",
  "grant.created",
  "grant.revoked",
  "grant.received",
  "grant.ended",
  "registry.stored",
  "registry.removed",
  "secret.stored",
  "secret.removed",
  "retention.changed",
  "user.created",
  "user.changed",
  "user.removing",
  "user.removed",
  "key.created",
  "key.revoked",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const Event = z
  .object({
    id: z.string().describe("evt_…; give it as Last-Event-ID to go on after it"),
    type: z.enum(EVENT_TYPES),
    subject: z.string().describe("The id of what it is about"),
    data: z.record(z.string(), z.unknown()),
    at: Time,
  })
  .openapi("Event");
export type Event = z.infer<typeof Event>;
