import { join } from "node:path";
import { port, readConfig } from "@hafen/process";
import { z } from "zod";

const ROOT = join(import.meta.dirname, "..", "..");

const Environment = z.object({
  HAFEN_HOME: z.string().min(1).default(join(ROOT, ".hafen")),
  HAFEN_PORT: port(7070),
  HAFEN_ADDRESS: z.string().default("127.0.0.1"),
  /** How clients reach it, and this machine itself; default: where it listens. */
  HAFEN_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  HAFEN_TLS_CERT_FILE: z.string().optional(),
  /** `0`: do not show the main job at start. */
  HAFEN_DEMO: z.enum(["0", "1"]).default("1"),
});

export interface BootstrapConfig {
  root: string;
  home: string;
  port: number;
  address: string;
  /** Where this machine reaches the api. */
  url: string;
  demo: boolean;
  env: NodeJS.ProcessEnv;
}

export function bootstrapConfig(env: NodeJS.ProcessEnv): BootstrapConfig {
  const { HAFEN_HOME, HAFEN_PORT, HAFEN_ADDRESS, HAFEN_DEMO, HAFEN_PUBLIC_URL, HAFEN_TLS_CERT_FILE } = readConfig(
    Environment,
    env,
  );
  const protocol = HAFEN_TLS_CERT_FILE ? "https" : "http";
  const host = HAFEN_ADDRESS === "0.0.0.0" || HAFEN_ADDRESS === "::" ? "127.0.0.1" : HAFEN_ADDRESS;
  return {
    root: ROOT,
    home: HAFEN_HOME,
    port: HAFEN_PORT,
    address: HAFEN_ADDRESS,
    url: HAFEN_PUBLIC_URL?.replace(/\/+$/, "") ?? `${protocol}://${host}:${HAFEN_PORT}`,
    demo: HAFEN_DEMO === "1",
    env,
  };
}
