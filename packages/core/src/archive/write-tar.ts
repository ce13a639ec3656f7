import { BLOCK_BYTES } from "./tar-header.ts";

/*
 * Our own writer, since tar-stream 3.2.2 writes uids above 262,143 and times after 2038 as other numbers and mode 0 as 0644.
 * One form only: ustar, with a PAX header where a value does not fit.
 */
export interface WriteEntry {
  type: "file" | "directory" | "symlink" | "link";
  name: string;
  linkName?: string;
  sizeBytes: number;
  mode: number;
  uid: number;
  gid: number;
  mtimeSeconds: number;
}

export const END_OF_TAR: Uint8Array = new Uint8Array(2 * BLOCK_BYTES);
const FLAGS = { file: "0", link: "1", symlink: "2", directory: "5" } as const;
const NAME_BYTES = 100;
const MAX_ID = 0o7777777;
const MAX_SIZE = 0o77777777777;

/** The header blocks of an entry. Its body follows, then `padding(sizeBytes)`. */
export function encodeHeader(entry: WriteEntry): Uint8Array {
  const name = entry.type === "directory" ? `${entry.name}/` : entry.name;
  const linkName = entry.linkName ?? "";
  let records = "";
  if (!fitsName(name)) records += record("path", name);
  if (!fitsName(linkName)) records += record("linkpath", linkName);
  if (entry.sizeBytes > MAX_SIZE) records += record("size", String(entry.sizeBytes));
  if (entry.uid > MAX_ID) records += record("uid", String(entry.uid));
  if (entry.gid > MAX_ID) records += record("gid", String(entry.gid));
  const header = block({ ...entry, name, linkName }, FLAGS[entry.type]);
  if (records === "") return header;
  const body = Buffer.from(records);
  const pax = block(
    { name: "PaxHeader", linkName: "", sizeBytes: body.length, mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 },
    "x",
  );
  return Buffer.concat([pax, body, padding(body.length), header]);
}

export function padding(sizeBytes: number): Uint8Array {
  return END_OF_TAR.subarray(0, (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES);
}

function fitsName(name: string): boolean {
  return name.length <= NAME_BYTES && /^[\x20-\x7e]*$/.test(name);
}

function block(entry: Omit<WriteEntry, "type" | "linkName"> & { linkName: string }, flag: string): Uint8Array {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(fitsName(entry.name) ? entry.name : "see-pax-path", 0, NAME_BYTES, "latin1");
  header.write(octal(entry.mode & 0o7777, 7), 100, "latin1");
  header.write(octal(Math.min(entry.uid, MAX_ID), 7), 108, "latin1");
  header.write(octal(Math.min(entry.gid, MAX_ID), 7), 116, "latin1");
  header.write(octal(entry.sizeBytes > MAX_SIZE ? 0 : entry.sizeBytes, 11), 124, "latin1");
  header.write(octal(Math.min(Math.max(entry.mtimeSeconds, 0), MAX_SIZE), 11), 136, "latin1");
  header.write("        ", 148, "latin1");
  header.write(flag, 156, "latin1");
  header.write(fitsName(entry.linkName) ? entry.linkName : "see-pax-linkpath", 157, NAME_BYTES, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

/** A PAX record starts with its own length in bytes, the digits of that length included. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const restBytes = Buffer.byteLength(rest);
  let lengthBytes = restBytes + 1;
  while (restBytes + String(lengthBytes).length !== lengthBytes) lengthBytes = restBytes + String(lengthBytes).length;
  return `${lengthBytes}${rest}`;
}
