import { InputError } from "../archive/error.ts";
import { quoted } from "../archive/quoted.ts";
import { parseReference } from "./parse-reference.ts";

/** An image in a registry, with everything that docker leaves unsaid filled in. */
export interface RemoteReference {
  /** `host` or `host:port`, in small letters. */
  registry: string;
  /** With its registry, as `docker.io/library/debian`. */
  repository: string;
  tag?: string;
  digest?: string;
  /** `repository:tag` or `repository@digest`. */
  full: string;
  /** The name that `docker pull` gives it here, as `debian:bookworm`; none for one named by digest. */
  localName?: string;
}

const DOCKER = "docker.io";
const ALIASES: Readonly<Record<string, string>> = {
  "index.docker.io": DOCKER,
  "registry-1.docker.io": DOCKER,
  "registry.hub.docker.com": DOCKER,
};

export function remoteReference(text: string): RemoteReference {
  const { domain, path, tag: written, digest } = parseReference(text);
  if (path === "scratch" && domain === undefined)
    throw new InputError("reference_invalid", "scratch is the name of the empty image; no registry has it.");
  const registry = domain === undefined ? DOCKER : registryName(domain);
  const ofDocker = registry === DOCKER;
  const fullPath = ofDocker && !path.includes("/") ? `library/${path}` : path;
  const repository = `${registry}/${fullPath}`;
  if (digest !== undefined) return { registry, repository, digest, full: `${repository}@${digest}` };
  const tag = written ?? "latest";
  const localPath = ofDocker ? fullPath.replace(/^library\/(?=[^/]+$)/, "") : repository;
  return { registry, repository, tag, full: `${repository}:${tag}`, localName: `${localPath}:${tag}` };
}

/** `host` or `host:port` in the one form that is stored and compared: in small letters, and one name for Docker's own. */
export function registryName(text: string): string {
  let domain: string | undefined;
  try {
    domain = parseReference(`${text}/x`).domain;
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
  }
  // What comes before the first slash is the domain, so anything longer was no host.
  if (domain === undefined || domain !== text)
    throw new InputError(
      "reference_invalid",
      `${quoted(text)} is no registry. Write its host, with a port if it has one, as ghcr.io or registry.example:5000.`,
    );
  const host = text.toLowerCase().replace(/:443$/, "");
  return ALIASES[host] ?? host;
}
