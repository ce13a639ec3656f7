import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { ContainerHandle, Hafen } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { upgrade } from "./sockets.ts";

const MIB = 1024 * 1024;
const WAIT = { waitSeconds: 60 };
const LINES = 200_000;
/** Each number in a line of its own, as `seq` prints them. */
const counted = (lines: number) => Array.from({ length: lines }, (_, at) => `${at + 1}\n`).join("");
/** Writes 200 MiB, and says in a file how many of them it was rid of. */
const WRITER = "i=0; while [ $i -lt 200 ]; do head -c 1048576 /dev/zero; i=$((i+1)); echo $i > /tmp/$N; done";
const WHOLE = 200 * MIB;
/** Far more than every buffer on the way holds together. */
const HELD_UP_AT = 100;

let world: World;
let user: Hafen & { apiKey: string };
let container: ContainerHandle;
before(async () => {
  world = await startWorld();
  user = await world.user();
  container = await user.containers.use({ image: "busybox", command: ["sleep", "100000"] }, WAIT);
});
after(async () => {
  await container[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function written(name: string): Promise<number> {
  const { stdout } = await container.exec({ command: ["cat", `/tmp/${name}`] });
  return Number(stdout);
}

/** Waits until the writer of this name gets no further. */
async function heldUp(name: string): Promise<number> {
  let last = -1;
  await eventually(`${name} is held up`, async () => {
    const now = await written(name);
    const same = now === last && now > 0;
    last = now;
    return same;
  });
  return last;
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

describe("what is printed faster than anybody can read", () => {
  test("arrives over a WebSocket in order, with nothing lost", async () => {
    const exec = await container.execStream({ command: ["seq", "1", String(LINES)] });
    let text = "";
    for await (const { data } of exec.output) text += Buffer.from(data).toString();
    assert.ok(text === counted(LINES), `${text.length} characters`);
    assert.equal((await exec.ended).exitCode, 0);
  });

  test("arrives in a followed log in order, with nothing lost", async () => {
    const lines = 60_000;
    const made = await user.containers.create({ image: "busybox", command: ["seq", "1", String(lines)] });
    let text = "";
    for await (const line of user.containers.logs(made.id, { follow: true })) text += `${line.text}\n`;
    assert.ok(text === counted(lines), `${text.length} characters`);
  });
});

describe("a reader that stands still", () => {
  test("holds up its own command, and neither the api's memory nor anybody else", async () => {
    const exec = await container.execStream({ command: ["sh", "-c", WRITER], env: { N: "sdk" } });
    const api = world.api.pid();
    const beforeBytes = residentBytes(api);
    assert.ok((await heldUp("sdk")) < HELD_UP_AT);
    // Others are served meanwhile, over the same api and worker.
    for (let round = 0; round < 20; round++) await container.exec({ command: ["true"] });
    const other = await container.execStream({ command: ["seq", "1", "1000"] });
    let text = "";
    for await (const { data } of other.output) text += Buffer.from(data).toString();
    assert.equal(text, counted(1000));
    assert.ok(residentBytes(api) - beforeBytes < 64 * MIB);

    let bytes = 0;
    for await (const { data } of exec.output) bytes += data.length;
    assert.equal(bytes, WHOLE);
    assert.equal((await exec.ended).exitCode, 0);
  });

  test("may do so for as long as it likes, also without a window", async () => {
    const query = new URLSearchParams({
      command: JSON.stringify(["sh", "-c", WRITER]),
      env: JSON.stringify({ N: "raw" }),
    });
    const { socket } = await upgrade(world, `/v1/containers/${container.id}/exec?${query.toString()}`, user.apiKey);
    assert.ok(socket);
    assert.ok((await heldUp("raw")) < HELD_UP_AT);
    let bytes = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > WHOLE) break;
    }
    assert.ok(bytes > WHOLE, `${bytes}`);
    socket.destroy();
  });
});
