/** What the api and the worker read of the environment, but for what `npm start` always sets itself. */
export const HANDED_ON = [
  "HAFEN_AUDIT_DAYS",
  "HAFEN_CGROUP_ROOT",
  "HAFEN_CLONE_BYTES",
  "HAFEN_CONNECTIONS",
  "HAFEN_CONNECTIONS_PER_ADDRESS",
  "HAFEN_CONTEXT_BYTES",
  "HAFEN_CONTEXT_ENTRIES",
  "HAFEN_EGRESS",
  "HAFEN_EGRESS_BYTES_PER_SECOND",
  "HAFEN_EGRESS_CONNECTIONS",
  "HAFEN_EGRESS_CONNECTIONS_PER_SECOND",
  "HAFEN_ENGINE_NAMESPACE",
  "HAFEN_CORS_ORIGINS",
  "HAFEN_FILES_BYTES",
  "HAFEN_HOST_NAME",
  "HAFEN_IMAGE_BYTES",
  "HAFEN_LOG_LEVEL",
  "HAFEN_PORTS_DOMAIN",
  "HAFEN_QUEUE_PREFIX",
  "HAFEN_RATE_ADDRESS",
  "HAFEN_RATE_FAILURES",
  "HAFEN_RATE_KEY",
  "HAFEN_REGISTRIES",
  "HAFEN_RESOLVERS",
  "HAFEN_SECCOMP_PROFILE",
  "HAFEN_SECRET_KEY",
  "HAFEN_SECRET_KEY_FILE",
  "HAFEN_STALL_SECONDS",
  "HAFEN_SECRETS_DIRECTORY",
  "HAFEN_STRANGERS",
  "HAFEN_STREAM_ADDRESS",
  "HAFEN_STREAM_PORT",
  "HAFEN_STREAM_SECRET",
  "HAFEN_STREAM_URL",
  "HAFEN_TLS_CERT_FILE",
  "HAFEN_TLS_KEY_FILE",
  "HAFEN_TRUSTED_PROXIES",
] as const;

/** What `npm start` knows itself. */
export interface Known {
  databaseUrl: string;
  redisUrl: string | undefined;
  engine: string;
  /** Of an engine of Hafen's own. */
  engineNamespace: string | undefined;
  /** Name servers that can be reached from there. */
  resolvers: readonly string[];
  /** For an engine that does not have it as its own. */
  seccompProfile: string | undefined;
  port: number;
  address: string;
  /** Where the worker may mount memory; undefined where it may not. */
  secretsDirectory: string | undefined;
  secrets: { streamSecret: string; secretKey: string };
}

/** The environments of the two programs. Secrets and a profile of the operator's own go before those of the home. */
export function programEnvironments(env: NodeJS.ProcessEnv, known: Known): Record<"api" | "worker", NodeJS.ProcessEnv> {
  const { seccompProfile, secrets } = known;
  const hasKey = env["HAFEN_SECRET_KEY"] || env["HAFEN_SECRET_KEY_FILE"];
  const common = {
    PATH: env["PATH"] ?? "",
    ...(seccompProfile === undefined ? {} : { HAFEN_SECCOMP_PROFILE: seccompProfile }),
    ...Object.fromEntries(HANDED_ON.filter((name) => env[name] !== undefined).map((name) => [name, env[name]])),
    ...(hasKey ? {} : { HAFEN_SECRET_KEY: secrets.secretKey }),
    HAFEN_STREAM_SECRET: env["HAFEN_STREAM_SECRET"] || secrets.streamSecret,
    DATABASE_URL: known.databaseUrl,
    ...(known.redisUrl === undefined ? {} : { REDIS_URL: known.redisUrl }),
    HAFEN_END_WITH_PARENT: "1",
  };
  return {
    api: { ...common, HAFEN_PORT: String(known.port), HAFEN_ADDRESS: known.address },
    worker: {
      ...common,
      DOCKER_HOST: known.engine,
      ...(known.engineNamespace === undefined ? {} : { HAFEN_ENGINE_NAMESPACE: known.engineNamespace }),
      ...(known.resolvers.length === 0 || env["HAFEN_RESOLVERS"] ? {} : { HAFEN_RESOLVERS: known.resolvers.join() }),
      ...(known.secretsDirectory !== undefined && {
        HAFEN_SECRETS_DIRECTORY: env["HAFEN_SECRETS_DIRECTORY"] || known.secretsDirectory,
      }),
    },
  };
}
