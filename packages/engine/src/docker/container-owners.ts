import type { Client } from "./client.ts";
import { rawInfo } from "./info.ts";
import { OVERFLOW_ID } from "./proc-status.ts";

/** Where the ids of a user namespace begin on the host. */
export interface Offset {
  uid: number;
  gid: number;
}

const BLOCK_BYTES = 512;
const MAX_PAX_BYTES = 1024 * 1024;
const offsets = new WeakMap<Client, Promise<Offset>>();

/** A remapped engine keeps its data in a directory that is named after it: `…/100000.100000`. */
export function offsetOf(client: Client): Promise<Offset> {
  const known = offsets.get(client);
  if (known) return known;
  const asked = rawInfo(client).then(({ DockerRootDir }) => {
    const [, uid = "0", gid = "0"] = /\/(\d+)\.(\d+)\/?$/.exec(DockerRootDir) ?? [];
    return { uid: Number(uid), gid: Number(gid) };
  });
  offsets.set(client, asked);
  asked.catch(() => offsets.delete(client));
  return asked;
}

/**
 * The tar with owners as the container sees them: the engine maps ids when it unpacks, but packs the host's.
 * Everything else passes as it is, by no more than a header at a time.
 */
export async function* withContainerOwners(
  tar: AsyncIterable<Buffer>,
  ask: () => Promise<Offset>,
): AsyncGenerator<Buffer, void, undefined> {
  let offset: Offset | undefined;
  let rest: Buffer = Buffer.alloc(0);
  let bodyBytes = 0;
  let paxSize: number | undefined;
  for await (const piece of tar) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (;;) {
      const take = Math.min(bodyBytes, rest.length);
      if (take > 0) yield rest.subarray(0, take);
      rest = rest.subarray(take);
      bodyBytes -= take;
      if (rest.length < BLOCK_BYTES) break;
      offset ??= await ask();
      if (offset.uid === 0 && offset.gid === 0) bodyBytes = Infinity;
      if (bodyBytes > 0) continue;
      const flag = String.fromCharCode(rest[156] ?? 0);
      const sizeBytes = octal(rest, 124, 12);
      if (flag === "x" && sizeBytes <= MAX_PAX_BYTES) {
        const end = BLOCK_BYTES + padded(sizeBytes);
        if (rest.length < end) break;
        paxSize = mapPax(rest.subarray(BLOCK_BYTES, BLOCK_BYTES + sizeBytes), offset);
        yield rest.subarray(0, end);
        rest = rest.subarray(end);
      } else {
        bodyBytes = padded(paxSize ?? sizeBytes);
        paxSize = undefined;
        const head = rest.subarray(0, BLOCK_BYTES);
        if (head.some((byte) => byte !== 0)) mapHeader(head, offset);
        yield head;
        rest = rest.subarray(BLOCK_BYTES);
      }
    }
  }
  if (rest.length > 0) yield rest;
}

function mapped(id: number, begin: number): number {
  return id >= begin ? id - begin : OVERFLOW_ID;
}

/** In place: the pieces of an answer are nobody else's. */
function mapHeader(head: Buffer, offset: Offset): void {
  for (const [at, begin] of [
    [108, offset.uid],
    [116, offset.gid],
  ] as const) {
    head.write(
      `${mapped(octal(head, at, 8), begin)
        .toString(8)
        .padStart(7, "0")}\0`,
      at,
      "latin1",
    );
  }
  head.fill(" ", 148, 156);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}

/** Ids too large for the header come as records, `<length> <key>=<value>\n`; they are written over with as many digits. Returns the size record's. */
function mapPax(records: Buffer, offset: Offset): number | undefined {
  let sizeBytes: number | undefined;
  for (let at = 0; at < records.length;) {
    const [record = "", length = "0", key = "", value = ""] =
      /^(\d+) ([^=]+)=(\d*)/.exec(records.toString("latin1", at, at + 64)) ?? [];
    if (Number(length) === 0) break;
    if (key === "size") sizeBytes = Number(value);
    if (key === "uid" || key === "gid") {
      const digits = String(mapped(Number(value), offset[key])).padStart(value.length, "0");
      records.write(digits, at + record.length - value.length, "latin1");
    }
    at += Number(length);
  }
  return sizeBytes;
}

function octal(block: Buffer, at: number, length: number): number {
  return Number.parseInt(`0${block.toString("latin1", at, at + length).replace(/[^0-7].*$/s, "")}`, 8);
}

function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
}
