/** Who may import what of ours. `values` names the exceptions where otherwise only types may be imported. */
export interface Allowed {
  packages: string[];
  typesOnly?: Record<string, { values: string[] }>;
}

export const IMPORTS: Record<string, Allowed> = {
  "packages/contract": { packages: [] },
  "packages/db": { packages: ["@hafen/contract"] },
  "packages/queue": { packages: ["@hafen/contract"] },
  "packages/engine": { packages: [] },
  "packages/core": {
    packages: ["@hafen/contract", "@hafen/db"],
    // The verbs see a queue and an engine only as interfaces; an error must be told apart by its class.
    typesOnly: { "@hafen/queue": { values: [] }, "@hafen/engine": { values: ["EngineError"] } },
  },
  "packages/process": { packages: [] },
  "packages/sdk": { packages: [] },
  "apps/api": { packages: ["@hafen/contract", "@hafen/core", "@hafen/db", "@hafen/queue", "@hafen/process"] },
  "apps/worker": {
    packages: ["@hafen/contract", "@hafen/core", "@hafen/db", "@hafen/queue", "@hafen/engine", "@hafen/process"],
  },
  "apps/cli": { packages: ["@hafen/sdk"] },
  infra: { packages: ["@hafen/contract", "@hafen/core", "@hafen/db", "@hafen/process", "@hafen/sdk"] },
};

/** Libraries that one place wraps for everybody else. `test` may use them to look behind the curtain. */
export const WRAPPED: Record<string, string[]> = {
  dockerode: ["packages/engine", "test"],
  "drizzle-orm": ["packages/db"],
  "drizzle-kit": ["packages/db"],
  postgres: ["packages/db", "infra", "test"],
  bullmq: ["packages/queue"],
  ioredis: ["packages/queue", "test"],
  pino: ["packages/process"],
  "prom-client": ["packages/process"],
  hono: ["apps/api", "test"],
  "@hono/node-server": ["apps/api"],
};
