import { text } from "./tar-header.ts";

/** What we take from a PAX header. Every other record (xattrs, ACLs, access times, vendors' own) is dropped. */
export interface PaxRecords {
  path?: string;
  linkpath?: string;
  size?: number;
  mtime?: number;
  uid?: number;
  gid?: number;
  /** The body is a map of holes and data, not the file. */
  sparse?: true;
}

/** Undefined when the records are malformed. Lengths count bytes: `<length> <key>=<value>\n`. */
export function decodePax(bytes: Uint8Array): PaxRecords | undefined {
  const records: PaxRecords = {};
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.subarray(at, at + 12).indexOf(0x20);
    const digits = space === -1 ? "" : latin1(bytes.subarray(at, at + space));
    const end = at + Number(digits);
    if (!/^[1-9][0-9]*$/.test(digits) || end > bytes.length || bytes[end - 1] !== 0x0a) return undefined;
    const record = bytes.subarray(at + space + 1, end - 1);
    const equals = record.indexOf(0x3d);
    if (equals <= 0 || !keep(records, latin1(record.subarray(0, equals)), record.subarray(equals + 1)))
      return undefined;
    at = end;
  }
  return records;
}

function keep(records: PaxRecords, key: string, value: Uint8Array): boolean {
  if (key.startsWith("GNU.sparse.")) records.sparse = true;
  if (key === "path" || key === "linkpath") {
    // A NUL ends the name for some readers and not for others.
    const name = value.includes(0) ? undefined : text(value, 0, value.length);
    if (name === undefined) return false;
    records[key] = name;
  }
  if (key === "size" || key === "uid" || key === "gid") {
    const digits = latin1(value);
    if (!/^[0-9]{1,15}$/.test(digits)) return false;
    records[key] = Number(digits);
  }
  if (key === "mtime") {
    const seconds = latin1(value);
    if (!/^-?[0-9]{1,15}(\.[0-9]{0,20})?$/.test(seconds)) return false;
    records.mtime = Math.floor(Number(seconds));
  }
  return true;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
