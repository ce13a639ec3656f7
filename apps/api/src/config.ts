import { EGRESS_POLICIES } from "@hafen/contract";
import { DEFAULT_REGISTRIES } from "@hafen/core";
import { LogLevel, port } from "@hafen/process";
import { z } from "zod";
import { limitSetting } from "./rate-limits/setting.ts";

export const ApiConfig = z.object({
  DATABASE_URL: z.string().min(1),
  REDIS_URL: z.string().min(1).optional(),
  HAFEN_ADDRESS: z.string().default("127.0.0.1"),
  HAFEN_PORT: port(7070),
  /** Addresses and CIDRs whose `X-Forwarded-For` is believed, comma-separated. */
  HAFEN_TRUSTED_PROXIES: z.string().default(""),
  /** Requests in so many seconds, counted over all apis: of one key, of one address without a key, of one address with a wrong one. */
  HAFEN_RATE_KEY: limitSetting("1000/10"),
  HAFEN_RATE_ADDRESS: limitSetting("600/10"),
  HAFEN_RATE_FAILURES: limitSetting("20/60"),
  /** Origins whose pages may read the answers, comma-separated. */
  HAFEN_CORS_ORIGINS: z.string().default(""),
  /** Both, or neither: then the api speaks plain HTTP. */
  HAFEN_TLS_CERT_FILE: z.string().optional(),
  HAFEN_TLS_KEY_FILE: z.string().optional(),
  /** Open at once, in all and from one address. */
  HAFEN_CONNECTIONS: z.coerce.number().int().positive().default(5_000),
  HAFEN_CONNECTIONS_PER_ADDRESS: z.coerce.number().int().positive().default(1_000),
  /** A client that sends or takes nothing for so long is dropped. */
  HAFEN_STALL_SECONDS: z.coerce.number().positive().default(20),
  /** Ports of containers are reached at `<port>-<container>.` and this; a name whose every subdomain leads here. */
  HAFEN_PORTS_DOMAIN: z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, "a domain name, as ports.example.com")
    .default("localhost"),
  /** Shared with the workers: signs stream tokens. */
  HAFEN_STREAM_SECRET: z.string().min(32),
  /** 32 random bytes in base64, or several such keys, the newest first; the same for apis and workers: seals what is secret. Or a file that holds them. */
  HAFEN_SECRET_KEY: z.string().optional(),
  HAFEN_SECRET_KEY_FILE: z.string().optional(),
  /** The only registries that may be named, comma-separated. */
  HAFEN_REGISTRIES: z.string().default(DEFAULT_REGISTRIES),
  /** Of containers whose request says nothing of it. */
  HAFEN_EGRESS: z.enum(EGRESS_POLICIES).default("internet"),
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
