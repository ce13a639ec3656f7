import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before } from "node:test";
import { buffer } from "node:stream/consumers";
import type { Container, Hafen } from "@hafen/sdk";
import { tarOf } from "../api/tar.ts";
import { abuse, eventually, importDebian, startWorld, type World } from "../support/index.ts";

const MIB = 1024 * 1024;
const WAIT = { waitSeconds: 60 };
const script = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
/** What runc, the shims and init are on the host. */
const RUNTIME = ["/usr/bin/runc", "/usr/sbin/runc", "/usr/bin/containerd-shim-runc-v2", "/usr/bin/docker-init"];

let world: World;
let user: Hafen & { apiKey: string };
let other: Hafen;
before(async () => {
  world = await startWorld();
  await importDebian(world.admin);
  [user, other] = [await world.user("attacker"), await world.user("victim")];
});
after(() => world[Symbol.asyncDispose]());

const debian = (command: string[] = ["sleep", "1000"], more: object = {}, client: Hafen = user): Promise<Container> =>
  client.containers.create({ image: "debian:bookworm", command, ...more }, WAIT);
const run = async (id: string, command: string[], client: Hafen = user) => {
  const { stdout, stderr } = await client.containers.exec(id, { command });
  return `${stdout}${stderr}`.trim();
};
const sh = (id: string, text: string) => run(id, ["sh", "-c", text]);
const perl = (id: string, text: string, ...args: string[]) => run(id, ["perl", "-e", text, ...args]);
const remove = (id: string, client: Hafen = user) => client.containers.remove(id, { force: true, ...WAIT });

abuse("E2", "memory that no file system shows: memfd, locked pages, segments that nobody maps", async () => {
  const { id } = await debian(["sleep", "1000"], { limits: { memoryBytes: 64 * MIB } });
  const memfd = `my $name = "m"; my $fd = syscall(319, $name, 0); open(my $file, ">&=", $fd); my $mib = "x" x 1048576; syswrite($file, $mib) or die while 1;`;
  const { exitCode, oomKilled } = await user.containers.exec(id, { command: ["perl", "-e", memfd] });
  assert.equal(exitCode, 137);
  assert.notEqual(oomKilled, false);
  const locked = await perl(id, `my $at = syscall(9, 0, 1<<26, 3, 0x22, -1, 0); print syscall(149, $at, 1<<26), " $!"`);
  assert.match(locked, /^-1 Cannot allocate memory|^-1 Operation not permitted/);
  const segment = `my $id = syscall(29, 0, 1<<30, 01600); my $at = syscall(30, $id, 0, 0); syscall(0, 3, $at + $_ * 4096, 1) for 0 .. 262143;`;
  const zeros = await user.containers.exec(id, { command: ["sh", "-c", `exec perl -e '${segment}' 3</dev/zero`] });
  assert.equal(zeros.exitCode, 137);
  assert.equal((await user.containers.get(id)).state, "running");
  await remove(id);
  return "memfd and a System V segment end in an OOM kill of the exec alone; no more than the limit is locked";
});

abuse(
  "E5",
  "descriptors, pipes, epoll, inotify, timers, signals, queues and segments until there are no more",
  async () => {
    const attacker = await debian(["perl", "-e", script("exhaust.pl")]);
    const took: string[] = [];
    for await (const { text } of user.containers.logs(attacker.id, { follow: true })) {
      if (text === "held") break;
      took.push(text);
    }
    const neighbour = await debian(["sleep", "1000"], {}, other);
    const left = await run(neighbour.id, ["perl", "-e", script("exhaust.pl"), "1"], other);
    await remove(neighbour.id, other);
    await remove(attacker.id);
    const closed = ["key 0 Operation not permitted", "mqueue 0 Operation not permitted"];
    const kinds = left.split("\n").filter((line) => line !== "held" && !closed.includes(line));
    assert.deepEqual(
      kinds.filter((line) => !line.endsWith(" 1 all")),
      [],
      `taken: ${took.join(", ")}`,
    );
    assert.equal(kinds.length, took.length - closed.length);
    assert.ok(closed.every((line) => took.includes(line)));
    return `${took.map((line) => line.split(" ", 2).toReversed().join(" × ")).join(", ")} taken, and a neighbour has each kind`;
  },
);

abuse("E7", "processes that ignore SIGTERM, stop themselves, or trace their init", async () => {
  const stubborn = {
    "ignores SIGTERM": ["sh", "-c", "trap '' TERM INT HUP; while :; do sleep 1; done"],
    "stops itself": ["sh", "-c", "kill -STOP $$; sleep 1000"],
    "traces init": [
      "perl",
      "-e",
      "$SIG{TERM} = 'IGNORE'; print syscall(101, 16, 1, 0, 0), qq( $!\\n); sleep 1000 while 1;",
    ],
  };
  const gone: string[] = [];
  for (const [what, command] of Object.entries(stubborn)) {
    const { id } = await debian(command);
    await user.containers.stop(id, { graceSeconds: 1 }, WAIT);
    const { state, exitCode } = await user.containers.get(id);
    assert.equal(state, "exited", what);
    gone.push(`what ${what} with ${exitCode}`);
    await remove(id);
  }
  return `a stop ends ${gone.join(", ")}`;
});

abuse("E9", "the first steps of known escapes, as system calls, files and devices", async () => {
  const { id } = await debian();
  const calls = await perl(id, script("escapes.pl"));
  const opened = calls.split("\n").filter((line) => !/ (refused|closed): /.test(line));
  assert.deepEqual(opened, [], calls);
  const files = await sh(
    id,
    `for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/kernel/modprobe /proc/sys/vm/drop_caches /sys/kernel/uevent_helper /proc/1/oom_score_adj.x; do
       (echo x > $f) 2>/dev/null && echo "wrote $f"; done
     for f in /proc/kcore /proc/kmem /dev/mem /dev/kmsg /proc/keys /proc/timer_list /sys/firmware/acpi; do
       head -c 1 $f 2>/dev/null | grep -q . && echo "read $f"; done
     find / -xdev -name 'docker*.sock' -o -name 'containerd.sock' 2>/dev/null
     find /sys/fs/cgroup -name release_agent -writable 2>/dev/null
     mknod /tmp/disk b 254 0 2>/dev/null && head -c 1 /tmp/disk && echo "opened a disk"
     mount -t tmpfs none /mnt 2>/dev/null && echo mounted; unshare -U true 2>/dev/null && echo unshared
     ls /proc/1/root/run/hafen 2>/dev/null; cat /proc/1/environ | tr '\\0' '\\n' | grep -i hafen`,
  );
  assert.equal(files, "");
  await remove(id);
  return `${calls.split("\n").length} system calls refused; no file of the kernel's, device or socket of the engine is opened`;
});

abuse(
  "E10",
  "the runtime's own file overwritten through /proc/self/exe, and links in place of /dev and /proc",
  async () => {
    const digests = () =>
      RUNTIME.flatMap((path) => {
        try {
          return [`${path} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`];
        } catch {
          return []; // not where this machine has it
        }
      });
    const asBefore = digests();
    assert.ok(asBefore.length > 0);
    // A shell whose program is whatever started it waits for the runtime that enters, and writes to its file.
    const dockerfile = `FROM debian:bookworm
RUN printf '#!/proc/self/exe\\n' > /bin/bait && chmod 755 /bin/bait
RUN rm -rf /dev/null /dev/console 2>/dev/null; mkdir -p /links && ln -s /etc /links/proc; true
`;
    const build = await user.builds.createFromFiles({ dockerfile }, { tag: "bait", ...WAIT });
    assert.equal(build.state, "succeeded", JSON.stringify(build.failure));
    const overwriter = `while (1) { for my $pid (map { /(\\d+)/ } glob "/proc/[0-9]*") { next if $pid == $$ || $pid == 1;
    if (open my $exe, "+<", "/proc/$pid/exe") { print "opened ", readlink("/proc/$pid/exe"), "\\n"; syswrite $exe, "owned"; } } }`;
    const { id } = await user.containers.create(
      { image: "bait", command: ["perl", "-e", `$| = 1; ${overwriter}`] },
      WAIT,
    );
    for (let round = 0; round < 15; round++)
      await user.containers.exec(id, {
        command: [round % 2 === 0 ? "/bin/bait" : "/proc/self/exe"],
        timeoutSeconds: 10,
      });
    const lines = await Array.fromAsync(user.containers.logs(id));
    assert.deepEqual(digests(), asBefore);
    assert.ok(
      lines.every(({ text }) => !/runc|containerd|docker/.test(text)),
      lines.map(({ text }) => text).join("\n"),
    );
    await remove(id);
    return `after 15 entries ${asBefore.length} files of the runtime are as before`;
  },
);

abuse("E11", "set-uid files of an image, of an upload and of a volume; file capabilities", async () => {
  const dockerfile = `FROM debian:bookworm
RUN cp /usr/bin/perl /suid && chmod 6755 /suid
`;
  const build = await user.builds.createFromFiles({ dockerfile }, { tag: "setuid", ...WAIT });
  assert.equal(build.state, "succeeded", JSON.stringify(build.failure));
  const { id } = await user.containers.create(
    {
      image: "setuid",
      command: ["sleep", "1000"],
      user: "1000:1000",
      mounts: [{ type: "volume", source: "bits", target: "/v" }],
    },
    WAIT,
  );
  const file = { body: "#!/bin/sh\nid -u\n", mode: 0o6755, uid: 0, gid: 0 };
  await user.containers.putFiles(id, "/tmp", await tarOf({ uploaded: file }));
  await user.volumes.putFiles("bits", "/", await tarOf({ uploaded: file }));
  assert.equal(await run(id, ["/suid", "-e", "print qq($< $>)"]), "1000 1000");
  assert.equal(await sh(id, "stat -c %a /tmp/uploaded /v/uploaded"), "755\n755");
  const status = await sh(id, "grep -E '^(CapEff|CapPrm|NoNewPrivs)' /proc/self/status");
  assert.match(status, /CapPrm:\s0+\n/);
  assert.match(status, /CapEff:\s0+\n/);
  assert.match(status, /NoNewPrivs:\s1/);
  const xattr = `my ($f, $n) = ("/tmp/cap", "security.capability"); open(my $c, ">", $f); my $v = pack("VVVVV", 0x02000001, ~0, 0, ~0, 0); print syscall(188, $f, $n, $v, 20, 0), " $!"`;
  assert.match(await perl(id, xattr), /^-1 Operation not permitted/);
  await remove(id);
  await user.volumes.remove("bits", WAIT);
  return "a set-uid perl of the image stays 1000, an upload loses its bits, no capability is put on a file";
});

abuse("E12", "processes left behind by an exec whose client leaves, and by one over its time", async () => {
  const { id } = await debian();
  const leaving = new AbortController();
  const left = user.containers
    .exec(id, { command: ["sh", "-c", "(setsid sleep 4711 &); sleep 4712"] }, { signal: leaving.signal })
    .catch(() => {});
  const processes = async () => {
    const found = await user.containers.top(id);
    return JSON.stringify(found).match(/sleep 47\d\d/g)?.length ?? 0;
  };
  await eventually("both run", async () => (await processes()) >= 2);
  leaving.abort();
  await left;
  await eventually("none is left", async () => (await processes()) === 0);
  const late = await user.containers.exec(id, {
    command: ["sh", "-c", "(setsid sleep 4713 &); exec sleep 4714"],
    timeoutSeconds: 1,
  });
  assert.ok(late.timedOut);
  await eventually("none is left of the late one", async () => (await processes()) === 0);
  assert.ok((await buffer(user.containers.getFile(id, "/etc/hostname"))).length > 0);
  await remove(id);
  return "a session of its own does not save them: all are gone";
});
