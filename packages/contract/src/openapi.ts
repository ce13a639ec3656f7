import { OpenAPIHono } from "@hono/zod-openapi";
import { keepGenerated } from "./generated.ts";
import * as routes from "./routes/index.ts";

/** The OpenAPI 3.1 document of every route; what `/openapi.json` serves and the SDK's types come from. */
export function openapiDocument() {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "hfn_…",
  });
  for (const definition of Object.values(routes)) {
    if (!("method" in definition)) continue;
    const { scope, ...route } = definition;
    app.openAPIRegistry.registerPath({ ...route, "x-scope": scope });
  }
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Hafen",
      version: "1",
      description: "Sandboxes on plain Docker hosts. Errors are RFC 9457 problems.",
      license: { name: "Apache-2.0" },
    },
  });
}

/** `node src/openapi.ts` writes the checked-in document; `--check` fails when it has drifted. */
if (import.meta.main)
  keepGenerated(new URL("../openapi.json", import.meta.url), `${JSON.stringify(openapiDocument(), null, 2)}\n`);
