import type { EngineInfo, Op } from "../engine.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { type Client, getJson } from "./client.ts";

interface RawInfo {
  ID: string;
  DockerRootDir: string;
  ServerVersion: string;
  NCPU: number;
  MemTotal: number;
  CgroupVersion?: string;
  CgroupDriver: string;
  Driver: string;
  Runtimes: Record<string, unknown>;
  SecurityOptions?: string[];
  LiveRestoreEnabled: boolean;
}

interface RawVersion {
  ApiVersion: string;
  Components?: { Name: string; Version: string; Details?: { GitCommit?: string } }[];
}

export function rawInfo(client: Client, op?: Op): Promise<RawInfo> {
  return call("info", DEADLINES_MS.ask, op, (abortSignal) => getJson<RawInfo>(client, "/info", {}, abortSignal));
}

/** Asked once for each client: `/info` counts everything the engine has, and an engine has one driver for as long as its containers. */
export async function cgroupDriver(client: Client, op?: Op): Promise<string> {
  return (client.cgroupDriver ??= (await rawInfo(client, op)).CgroupDriver);
}

export async function info(client: Client, op?: Op): Promise<EngineInfo> {
  const raw = await rawInfo(client, op);
  const version = await call("version", DEADLINES_MS.ask, op, (abortSignal) =>
    getJson<RawVersion>(client, "/version", {}, abortSignal),
  );
  const protections = new Set((raw.SecurityOptions ?? []).map((option) => /^name=([^,]+)/.exec(option)?.[1]));
  return {
    // Up to 20.10 the id comes from /etc/docker/key.json, which every engine of a machine shares.
    id: `${raw.ID}@${raw.DockerRootDir}`,
    version: raw.ServerVersion,
    apiVersion: version.ApiVersion,
    cpus: raw.NCPU,
    memoryBytes: raw.MemTotal,
    cgroupVersion: raw.CgroupVersion === "2" ? 2 : 1,
    storageDriver: raw.Driver,
    runtimes: Object.keys(raw.Runtimes),
    components: (version.Components ?? []).map(({ Name, Version, Details }) => ({
      name: Name.toLowerCase(),
      version: Version,
      build: Details?.GitCommit ?? "",
    })),
    protections: {
      userNamespaces: protections.has("userns") || protections.has("rootless"),
      seccomp: protections.has("seccomp"),
      liveRestore: raw.LiveRestoreEnabled,
      noNewPrivileges: protections.has("no-new-privileges"),
    },
  };
}
