import { getServers } from "node:dns";
import { isIPv4 } from "node:net";
import { hostname } from "node:os";
import { DEFAULT_REGISTRIES } from "@hafen/core";
import { AUDIT_DAYS_AT_LEAST } from "@hafen/db";
import { LogLevel, port } from "@hafen/process";
import { z } from "zod";

export const WorkerConfig = z.object({
  DATABASE_URL: z.string().min(1),
  REDIS_URL: z.string().min(1).optional(),
  /** The engine of this host. */
  DOCKER_HOST: z.string().min(1),
  /** Shared with the api: signs stream tokens. */
  HAFEN_STREAM_SECRET: z.string().min(32),
  HAFEN_HOST_NAME: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$/)
    .default(hostname()),
  /** The private listener; only apis need to reach it. */
  HAFEN_STREAM_ADDRESS: z.string().default("127.0.0.1"),
  HAFEN_STREAM_PORT: port(0),
  /** What apis call, when it is not the address and port above. */
  HAFEN_STREAM_URL: z.url().optional(),
  /** Path of a seccomp profile for engines that do not have it as their own. */
  HAFEN_SECCOMP_PROFILE: z.string().optional(),
  /** The network namespace of an engine that is Hafen's own, in /run/netns; its link on the host has the same name. */
  HAFEN_ENGINE_NAMESPACE: z
    .string()
    .regex(/^[a-zA-Z0-9-]{1,15}$/)
    .optional(),
  /** Name servers that containers and the engine ask, comma-separated; those of this machine, where they can be reached from there. */
  HAFEN_RESOLVERS: z
    .string()
    .default(getServers().join())
    .transform((text) => text.split(",").filter((server) => isIPv4(server) && !server.startsWith("127."))),
  /** What one container may send to the outside, in each second. */
  HAFEN_EGRESS_BYTES_PER_SECOND: z.coerce.number().int().min(1000).default(25_000_000),
  HAFEN_EGRESS_CONNECTIONS: z.coerce.number().int().min(1).default(1_000),
  HAFEN_EGRESS_CONNECTIONS_PER_SECOND: z.coerce.number().int().min(1).default(100),
  HAFEN_CGROUP_ROOT: z
    .string()
    .regex(/^\/[a-zA-Z0-9/_-]+$/)
    .default("/hafen"),
  /** Of one download or upload of files. */
  HAFEN_FILES_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(8 * 1024 ** 3),
  /** Of the data of a volume that is cloned, holes in its files counted. */
  HAFEN_CLONE_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(64 * 1024 ** 3),
  /** 32 random bytes in base64, or several such keys, the newest first; the same for apis and workers: seals what is secret. Or a file that holds them. */
  HAFEN_SECRET_KEY: z.string().optional(),
  HAFEN_SECRET_KEY_FILE: z.string().optional(),
  /** Where memory is mounted for the secrets of containers; of one worker alone. */
  HAFEN_SECRETS_DIRECTORY: z
    .string()
    .regex(/^(\/.+)?$/, "an absolute path")
    .optional(),
  /** The only registries that may be named, comma-separated. */
  HAFEN_REGISTRIES: z.string().default(DEFAULT_REGISTRIES),
  HAFEN_QUEUE_PREFIX: z.string().default("hafen"),
  /** Largest image that is pulled, packed and unpacked. */
  HAFEN_IMAGE_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(8 * 1024 ** 3),
  /** `1`: end when standard input does, as it does when the supervisor is gone. */
  HAFEN_END_WITH_PARENT: z.enum(["0", "1"]).default("0"),
  /** How long the audit log is kept. */
  HAFEN_AUDIT_DAYS: z.coerce.number().int().min(AUDIT_DAYS_AT_LEAST).max(36_500).default(365),
  HAFEN_LOG_LEVEL: LogLevel,
});
export type WorkerConfig = z.infer<typeof WorkerConfig>;
