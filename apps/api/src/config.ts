import { DEFAULT_REGISTRIES } from "@hafen/core";
import { LogLevel, port } from "@hafen/process";
import { z } from "zod";

export const ApiConfig = z.object({
  DATABASE_URL: z.string().min(1),
  REDIS_URL: z.string().min(1).optional(),
  HAFEN_ADDRESS: z.string().default("127.0.0.1"),
  HAFEN_PORT: port(7070),
  /** Ports of containers are reached at `<port>-<container>.` and this; a name whose every subdomain leads here. */
  HAFEN_PORTS_DOMAIN: z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, "a domain name, as ports.example.com")
    .default("localhost"),
  /** Shared with the workers: signs stream tokens. */
  HAFEN_STREAM_SECRET: z.string().min(32),
  /** 32 random bytes in base64, the same for apis and workers: seals users' passwords for registries. Or a file that holds them. */
  HAFEN_SECRET_KEY: z.string().optional(),
  HAFEN_SECRET_KEY_FILE: z.string().optional(),
  /** The only registries that may be named, comma-separated. */
  HAFEN_REGISTRIES: z.string().default(DEFAULT_REGISTRIES),
  /** `require=userNamespaces,seccomp`: protections that a host must have for the work of those who are no admins. */
  HAFEN_STRANGERS: z
    .string()
    .regex(/^(require=[a-zA-Z]+(,[a-zA-Z]+)*)?$/, "require= and names of protections, comma-separated")
    .default(""),
  HAFEN_QUEUE_PREFIX: z.string().default("hafen"),
  HAFEN_CONTEXT_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(512 * 1024 * 1024),
  HAFEN_CONTEXT_ENTRIES: z.coerce.number().int().positive().default(100_000),
  HAFEN_IMAGE_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(8 * 1024 ** 3),
  /** `1`: end when standard input does, as it does when the supervisor is gone. */
  HAFEN_END_WITH_PARENT: z.enum(["0", "1"]).default("0"),
  HAFEN_LOG_LEVEL: LogLevel,
});
export type ApiConfig = z.infer<typeof ApiConfig>;
