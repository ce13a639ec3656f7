import { z } from "@hono/zod-openapi";
import { json, listOf, Ref, route } from "../conventions.ts";
import { Flow, FlowQuery } from "../flows.ts";

export const listFlows = route({
  method: "get",
  path: "/v1/containers/{ref}/flows",
  operationId: "listContainerFlows",
  tags: ["containers"],
  scope: "read",
  summary: "What it talked to, and what it was refused",
  request: { params: z.object({ ref: Ref }), query: FlowQuery },
  responses: {
    200: json(listOf(Flow, "FlowList"), "Destinations, newest first; at most 1000 of one container are kept"),
  },
  problems: ["container_not_found"],
});
