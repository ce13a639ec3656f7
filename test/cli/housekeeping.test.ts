import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, eventuallyHolds, startWorld, type World } from "../support/index.ts";
import { onTerminal, openCli, type Cli } from "./hafen.ts";

describe("what lies around, as docker shows and removes it", () => {
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
  const build = async (tag: string, dockerfile: string) => {
    const { code, stderr } = await hafen.with({ input: dockerfile }, "build", "-q", "-t", tag, "-");
    assert.equal(code, 0, stderr);
  };

  test("system df counts images, containers, volumes and builds, and with -v each by itself", async () => {
    await build("one", "FROM busybox\nRUN dd if=/dev/zero of=/f bs=1000 count=2000 2>/dev/null\n");
    await hafen.ok(
      "run",
      "--name",
      "wrote",
      "-v",
      "kept:/v",
      "one",
      "sh",
      "-c",
      "dd if=/dev/zero of=/own bs=1000 count=3000; echo x >/v/f",
    );
    const df = await eventuallyHolds(async () => {
      const now = await hafen.ok("system", "df");
      assert.match(now, /^Containers +1 +0 +3MB +3MB \(100%\)$/m);
      return now;
    });
    assert.match(df, /^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE\nImages +1 +1 +[\d.]+MB +0B \(0%\)\n/);
    assert.match(df, /^Local Volumes +1 +1 +2B +0B \(0%\)$/m);
    assert.match(df, /^Builds +1 +0 +\d+B/m);
    const each = await hafen.ok("system", "df", "-v");
    assert.match(each, /^one:latest +[0-9a-f]{12} +.* ago +[\d.]+MB +[\d.]+MB +2MB +1$/m);
    assert.match(each, /^[0-9a-z]{12} +one +1 +3MB +.* ago +exited +wrote$/m);
    assert.match(each, /^kept +1 +2B$/m);
    const { containers } = JSON.parse(await hafen.ok("system", "df", "--json")) as {
      containers: { writableBytes: number };
    };
    assert.equal(containers.writableBytes, 3_000_000);
  });

  test("ps -s and inspect -s tell sizes", async () => {
    await eventuallyHolds(async () =>
      assert.match(await hafen.ok("ps", "-a", "-s"), /wrote +3MB \(virtual [\d.]+MB\)$/m),
    );
    assert.equal(await hafen.ok("inspect", "-s", "-f", "{{.SizeRw}}", "wrote"), "3000000");
    assert.equal(await hafen.ok("inspect", "-s", "-f", "{{.UsageData.Size}}", "kept"), "2");
  });

  test("images tree and images --tree show what is shared", async () => {
    await build("two", "FROM one\nRUN dd if=/dev/zero of=/g bs=1000 count=1000 2>/dev/null\n");
    const tree = await hafen.ok("images", "tree");
    assert.match(
      tree,
      /^1 layer [\d.]+MB {2}busybox:latest \(catalog\)\n└── 1 layer 2MB {2}one:latest \(frees 0B\)\n {4}└── 1 layer 1MB {2}two:latest \(frees 1MB\)\nTotal: /,
    );
    assert.equal(await hafen.ok("images", "--tree"), tree);
    assert.ok(Array.isArray((JSON.parse(await hafen.ok("images", "tree", "--json")) as { items: object[] }).items));
  });

  test("a prune is refused where nobody can be asked, unless it is forced or a dry run", async () => {
    for (const noun of ["container", "image", "volume", "builder", "system"]) {
      const { code, stderr } = await hafen(noun, "prune");
      assert.equal(code, 125);
      assert.match(stderr, /give --force \(-f\), or --dry-run/);
    }
    const dry = await hafen.ok("system", "prune", "--volumes", "--dry-run");
    assert.match(dry, /^Would go:\nKIND +NAME +SIZE +WHY\ncontainer +wrote +3MB +it is exited\n/);
    assert.match(
      dry,
      /^Stays:\nKIND +NAME +SIZE +WHY\nvolume +kept +2B +It holds data\. To remove it all the same, name it: kept\.$/m,
    );
    assert.match(dry, /^Total space that would be reclaimed: 3(\.\d+)?MB$/m);
    assert.match(await hafen.ok("ps", "-a"), /wrote/);
  });

  test("on a terminal it asks first, and only y removes", async () => {
    const refused = onTerminal(hafen, ["container", "prune"]);
    await eventually("it asks", () => refused.stdout().includes("[y/N]"));
    assert.match(refused.stdout(), /WARNING! This will remove all stopped containers\./);
    refused.write("n\n");
    assert.equal((await refused.ended).code, 1);
    assert.match(await hafen.ok("ps", "-a"), /wrote/);

    const agreed = onTerminal(hafen, ["container", "prune", "--filter", "until=0s"]);
    await eventually("it asks", () => agreed.stdout().includes("[y/N]"));
    agreed.write("y\n");
    const { code, stdout } = await agreed.ended;
    assert.equal(code, 0, stdout);
    assert.match(stdout, /Deleted Containers:\r\nwrote\r\n\r\nTotal reclaimed space: 3MB/);
    assert.doesNotMatch(await hafen.ok("ps", "-a"), /wrote/);
  });

  test("volume prune spares what holds data until it is named", async () => {
    await hafen.ok("volume", "create", "empty");
    const out = await hafen.ok("volume", "prune", "-f");
    assert.match(
      out,
      /^Deleted Volumes:\nempty\n\nKept Volumes:\nkept: It holds data\. .*name it: kept\.\n\nTotal reclaimed space: 0B$/,
    );
    assert.equal(
      await hafen.ok("volume", "prune", "-f", "kept"),
      "Deleted Volumes:\nkept\n\nTotal reclaimed space: 2B",
    );
    assert.equal(await hafen.ok("volume", "ls", "-q"), "");
  });

  test("system prune -a takes unused images and ended builds, too; filters choose", async () => {
    await hafen.ok("create", "--name", "old", "-l", "team=a", "busybox");
    await hafen.ok("create", "--name", "new", "-l", "team=b", "busybox");
    assert.match(await hafen.ok("container", "prune", "-f", "--filter", "label=team=a"), /^Deleted Containers:\nold\n/);
    assert.match(
      await hafen.ok("image", "prune", "-a", "--dry-run", "--filter", "until=24h"),
      /one:latest .*it is newer/,
    );
    const wrong = await hafen("system", "prune", "-f", "--filter", "name=x");
    assert.deepEqual([wrong.code, wrong.stdout], [125, ""]);
    assert.equal((await hafen("system", "prune", "-f", "--volumes", "--filter", "until=1h")).code, 125);

    const out = await hafen.ok("system", "prune", "-a", "-f");
    assert.match(out, /^Deleted Containers:\nnew\n\nDeleted Images:\ntwo:latest\none:latest\n\nDeleted Builds:\n/);
    assert.match(out, /\nTotal reclaimed space: 3(\.\d+)?MB$/);
    assert.match(await hafen.ok("builder", "prune", "-f"), /^Total reclaimed space: 0B$/);
    assert.match(await hafen.ok("images"), /^busybox/m);
  });

  test("retention is set by parts, and never is a word", async () => {
    const shown = (containers: string, builds: string) =>
      `Stopped containers: ${containers}\nEnded builds:       ${builds}\nVolumes:            never`;
    assert.equal(await hafen.ok("retention"), shown("never", "never"));
    assert.equal(await hafen.ok("retention", "--stopped-containers", "7"), shown("after 7 days", "never"));
    assert.equal(await hafen.ok("retention", "--builds", "1"), shown("after 7 days", "after 1 day"));
    assert.equal(await hafen.ok("retention", "--stopped-containers", "never"), shown("never", "after 1 day"));
    assert.equal((await hafen("retention", "--builds", "0")).code, 125);
  });
});
