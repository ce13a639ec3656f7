import type { BuildRequest } from "../engine.ts";
import type { StreamRequest } from "./stream.ts";
import { cpuQuota } from "./build-cgroup.ts";

const OPEN_FILES = 16_384;

/** The classic builder's parameters: BuildKit of this engine generation ignores the limits. Without `version` it is the classic one. */
export function toStreamRequest(request: BuildRequest): StreamRequest {
  const { limits } = request;
  const { periodUs, quotaUs } = cpuQuota(limits);
  const ulimits = [
    { Name: "nofile", Soft: OPEN_FILES, Hard: OPEN_FILES },
    { Name: "core", Soft: 0, Hard: 0 },
    // Holes count: the engine writes them out when it copies what a step wrote. Twice, so that who is over the layer's limit is told so.
    { Name: "fsize", Soft: 2 * limits.diskBytes, Hard: 2 * limits.diskBytes },
  ];
  return {
    method: "POST",
    path: "/build",
    body: request.context,
    query: {
      dockerfile: request.dockerfile,
      ...(request.target !== undefined && { target: request.target }),
      buildargs: JSON.stringify(request.buildArgs),
      labels: JSON.stringify(request.labels),
      // An empty list would be none to the engine, and all its images the cache.
      nocache: String(request.noCache || request.cacheFrom?.length === 0),
      ...(request.cacheFrom !== undefined && { cachefrom: JSON.stringify(request.cacheFrom) }),
      networkmode: request.network,
      cgroupparent: request.cgroupParent,
      memory: String(limits.memoryBytes),
      memswap: String(limits.memoryBytes),
      cpuperiod: String(periodUs),
      cpuquota: String(quotaUs),
      ulimits: JSON.stringify(ulimits),
      // A failing RUN leaves its container without both.
      rm: "1",
      forcerm: "1",
    },
  };
}
