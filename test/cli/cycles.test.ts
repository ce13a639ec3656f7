import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { eventually, startWorld, type World } from "../support/index.ts";
import { openCli, type Cli } from "./hafen.ts";

describe("a Docker introduction, with hafen in docker's place", () => {
  let world: World;
  let hafen: Cli;
  before(async () => {
    world = await startWorld();
    hafen = await openCli({ url: world.url, apiKey: (await world.user()).apiKey });
  });
  after(async () => {
    await hafen[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  test("cycle 1: build, images, history, run, ps, ps -a", async () => {
    const directory = join(hafen.home, "hello");
    await mkdir(directory);
    await writeFile(join(directory, "entrypoint.sh"), "#!/bin/sh\necho Hello from $0\nexit ${1:-0}\n", { mode: 0o755 });
    await writeFile(
      join(directory, "Dockerfile"),
      'FROM busybox\nCOPY entrypoint.sh /\nENTRYPOINT ["/entrypoint.sh"]\n',
    );

    const built = await hafen.with({ cwd: directory }, "build", "-t", "meintest/helloworld", ".");
    assert.equal(built.code, 0, built.stderr);
    assert.equal(built.stdout, "");
    assert.match(built.stderr, /Sending build context/);
    assert.match(built.stderr, /Step 2\/3 : COPY entrypoint.sh \//);
    assert.match(built.stderr, /Built [0-9a-f]{12} as meintest\/helloworld:latest/);

    assert.match(await hafen.ok("images"), /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\n/);
    assert.match(await hafen.ok("images"), /meintest\/helloworld +latest +[0-9a-f]{12} +.* ago +[\d.]+MB/);
    const history = (await hafen.ok("history", "meintest/helloworld")).split("\n");
    assert.match(history[0] ?? "", /^IMAGE +CREATED +CREATED BY +SIZE +COMMENT$/);
    assert.match(history[1] ?? "", /^[0-9a-f]{12} .*ENTRYPOINT/);
    assert.equal(history.length, 4, "the base, COPY and ENTRYPOINT");

    const ran = await hafen("run", "meintest/helloworld");
    assert.deepEqual(ran, { code: 0, stdout: "Hello from /entrypoint.sh\n", stderr: "" });
    assert.equal((await hafen("run", "meintest/helloworld", "7")).code, 7);

    assert.match(await hafen.ok("ps"), /^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES$/);
    const lying = await hafen.ok("ps", "-a");
    assert.match(lying, /meintest\/helloworld +"\/entrypoint.sh" .*Exited \(0\) .* ago +[a-z]+_[a-z]+$/m);
    assert.match(lying, /"\/entrypoint.sh 7" .*Exited \(7\)/);

    const image = (await hafen.ok("images", "-q", "meintest/helloworld")).trim();
    assert.equal((await hafen("run", "--rm", image)).stdout, "Hello from /entrypoint.sh\n");
    await hafen.ok("tag", image, "other:1");
    assert.equal(await hafen.ok("rmi", "other:1"), "Untagged: other:1");
  });

  test("cycle 2: run -d, stop and start keep the data; restart, kill, wait, rm", async () => {
    const id = await hafen.ok("run", "-d", "--name", "two", "busybox", "sh", "-c", "date >>/kept; exec sleep 1000");
    assert.match(id, /^ctr_[0-9a-z]{26}$/);
    assert.match(await hafen.ok("ps"), /"sh -c date.*…" +.* Up .* +two$/m);
    await hafen.ok("exec", "two", "touch", "/mine");
    assert.equal(await hafen.ok("stop", "-t", "0", "two"), "two");
    assert.match(await hafen.ok("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "two"), /^exited (137|143)$/);
    assert.equal(await hafen.ok("start", "two"), "two");
    assert.equal(await hafen.ok("exec", "two", "ls", "/mine"), "/mine");
    assert.equal(await hafen.ok("restart", "-t", "0", "two"), "two");
    assert.equal(await hafen.ok("exec", "two", "sh", "-c", "wc -l </kept"), "3");

    const waiting = hafen.start("wait", "two");
    assert.equal(await hafen.ok("kill", "-s", "9", "two"), "two");
    assert.equal((await waiting.ended).stdout, "137\n");

    await hafen.ok("start", "two");
    const refused = await hafen("rm", "two");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^hafen: .*(running|force|exited)/);
    const short = (await hafen.ok("ps", "-q")).trim();
    assert.equal(await hafen.ok("rm", "-f", short), short);
    assert.equal(await hafen.ok("ps", "-aq", "--filter", "name=two"), "");
  });

  test("cycle 2, on: pause, rename, update, restart policies, health, and what removes itself", async () => {
    await hafen.ok(
      "run",
      "-d",
      "--name",
      "web",
      "-m",
      "64m",
      "busybox",
      "sh",
      "-c",
      "mkdir /www; exec httpd -f -h /www",
    );
    assert.equal(await hafen.ok("pause", "web"), "web");
    assert.match(await hafen.ok("ps"), / Up .* \(Paused\) +web$/m);
    assert.equal((await hafen("exec", "web", "true")).code, 1);
    assert.equal(await hafen.ok("unpause", "web"), "web");
    await hafen.ok("rename", "web", "site");
    assert.match(await hafen.ok("ps"), / Up .* +site$/m);
    assert.equal(await hafen.ok("update", "-m", "128m", "--restart", "unless-stopped", "--ttl", "1h", "site"), "site");
    const template =
      "{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}} {{.Hafen.ttlSeconds}} {{.State.Status}}";
    assert.equal(await hafen.ok("inspect", "-f", template, "site"), "134217728 unless-stopped 3600 running");
    assert.equal((await hafen("update", "site")).code, 125);
    await hafen.ok("rm", "-f", "site");

    await hafen.ok("run", "-d", "--name", "crasher", "--restart", "on-failure:2", "busybox", "sh", "-c", "exit 4");
    assert.equal(await hafen.ok("wait", "crasher"), "4");
    assert.equal(
      await hafen.ok("inspect", "-f", "{{.RestartCount}} {{.HostConfig.RestartPolicy}}", "crasher"),
      "2 {on-failure 2}",
    );
    await hafen.ok("run", "-d", "--name", "looper", "--restart", "always", "busybox", "false");
    await eventually("it shows as restarting", async () =>
      / Restarting \(1\) .* ago +looper$/m.test(await hafen.ok("ps")),
    );
    await hafen.ok("stop", "looper");
    assert.match(await hafen.ok("ps", "-a"), / Exited \(1\) .* +looper$/m);
    assert.match((await hafen("run", "--restart", "sometimes", "busybox")).stderr, /unless-stopped/);

    const health = ["--health-cmd", "test -e /well", "--health-interval", "2s", "--health-retries", "1"];
    await hafen.ok(
      "run",
      "-d",
      "--name",
      "patient",
      ...health,
      "busybox",
      "sh",
      "-c",
      "sleep 1; touch /well; sleep 1000",
    );
    assert.match(await hafen.ok("ps"), / Up .* \(health: starting\) +patient$/m);
    assert.equal(await hafen.ok("wait", "--healthy", "patient"), "patient");
    assert.match(await hafen.ok("ps"), / Up .* \(healthy\) +patient$/m);
    assert.equal(await hafen.ok("inspect", "-f", "{{.State.Health.Status}}", "patient"), "healthy");
    await hafen.ok("run", "-d", "--name", "ill", ...health, "busybox", "sleep", "1000");
    const { code, stderr } = await hafen("wait", "--healthy", "ill");
    assert.deepEqual([code, stderr], [1, "hafen: ill is unhealthy\n"]);

    const [gone] = [await hafen.ok("run", "-d", "--rm", "--name", "gone", "busybox", "true")];
    await eventually("it has removed itself", async () => (await hafen("inspect", gone)).code === 1);
    const short = await hafen.ok("run", "-d", "--ttl", "1s", "busybox", "sleep", "1000");
    await hafen.ok("wait", short);
    assert.equal(await hafen.ok("inspect", "-f", "{{.Hafen.termination.cause}}", short), "ttl");
  });

  test("create makes it, start -a follows it and ends with its code", async () => {
    await hafen.ok("create", "--name", "later", "busybox", "sh", "-c", "echo now; echo odd >&2; exit 3");
    assert.equal(await hafen.ok("inspect", "-f", "{{.State.Status}}", "later"), "created");
    assert.deepEqual(await hafen("start", "-a", "later"), { code: 3, stdout: "now\n", stderr: "odd\n" });
  });

  test("logs -f shows every line, once, until the container ends; --tail, -t and --since choose", async () => {
    await hafen.ok(
      "run",
      "-d",
      "--name",
      "talker",
      "busybox",
      "sh",
      "-c",
      "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; done; while [ ! -e /go ]; do sleep 0.05; done; echo last",
    );
    const following = hafen.start("logs", "-f", "talker");
    await eventually("it follows", () => following.stdout().includes("line 200\n"));
    await hafen.ok("exec", "talker", "touch", "/go");
    const { code, stdout } = await following.ended;
    const wanted = [...Array.from({ length: 200 }, (_, i) => `line ${i + 1}`), "last", ""];
    assert.deepEqual([code, stdout.split("\n")], [0, wanted]);
    assert.equal(await hafen.ok("logs", "--tail", "2", "talker"), "line 200\nlast");
    assert.match(await hafen.ok("logs", "-t", "-n", "1", "talker"), /^\d{4}-\d\d-\d\dT[\d:.]+Z last$/);
    assert.equal(await hafen.ok("logs", "--since", "2099-01-01T00:00:00Z", "talker"), "");
    const [line] = (await hafen.ok("logs", "--json", "--tail", "1", "talker")).split("\n");
    assert.equal((JSON.parse(line ?? "") as { text: string }).text, "last");
  });

  test("events shows what has happened, and with -f what happens", async () => {
    const following = hafen.start("events", "-f", "--since", "1h", "--filter", "type=container");
    await hafen.ok("run", "--name", "eventful", "busybox", "true");
    await eventually("the end is seen", async () => {
      const id = await hafen.ok("inspect", "-f", "{{.Id}}", "eventful");
      return following.stdout().includes(`container.exited ${id}`);
    });
    following.signal("SIGTERM");
    await following.ended;
    const all = await hafen.ok("events", "--filter", "container=eventful");
    for (const type of ["container.requested", "container.started", "container.exited"])
      assert.match(all, new RegExp(`^\\S+Z ${type} ctr_`, "m"));
    assert.doesNotMatch(all, /build\./);
  });
});
