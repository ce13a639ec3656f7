import { readFileSync, unwatchFile, watchFile } from "node:fs";
import type { Server } from "node:https";
import { createSecureContext } from "node:tls";
import { errorFields, type Log } from "@hafen/process";

export interface TlsFiles {
  certFile: string;
  keyFile: string;
}

/** An empty variable is as good as none. @throws when there is one without the other. */
export function tlsFiles(certFile = "", keyFile = ""): TlsFiles | undefined {
  if ((certFile === "") !== (keyFile === ""))
    throw new Error("HAFEN_TLS_CERT_FILE and HAFEN_TLS_KEY_FILE are set together or not at all");
  return certFile === "" ? undefined : { certFile, keyFile };
}

const LOOK_MS = 1_000;

/** What the files hold. @throws when they are no pair, so that a server never runs with less than it was told. */
export function readTls({ certFile, keyFile }: TlsFiles): { cert: Buffer; key: Buffer } {
  const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  createSecureContext(pair);
  return pair;
}

/**
 * New connections get what the files hold now; open ones stay. Looked at rather than watched: a renewal may replace the file, or the
 * directory behind a symbolic link. While the two do not fit, as between two writes, the former pair stays.
 */
export function renewTls(server: Server, files: TlsFiles, log: Log): () => void {
  const renew = () => {
    try {
      server.setSecureContext(readTls(files));
      log.info({ certFile: files.certFile }, "the certificate was renewed");
    } catch (error) {
      log.warn(errorFields(error), "the new certificate and key are not usable; the former are used on");
    }
  };
  const paths = [files.certFile, files.keyFile];
  for (const path of paths) watchFile(path, { interval: LOOK_MS, persistent: false }, renew);
  return () => paths.forEach((path) => unwatchFile(path, renew));
}
