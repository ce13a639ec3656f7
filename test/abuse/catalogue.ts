export interface Row {
  row: string;
  attack: string;
  /** Why no test has it: what it attacks does not exist yet, or not here. */
  without?: string;
}

const ACCOUNTS = "tests of accounts are not in the catalogue yet";
const EDGE = "tests of the edge are not in the catalogue yet";
const EGRESS = "there is no egress policy yet";
const DISK = "there is no limit of disk yet";
const WEBHOOKS = "there are no webhooks yet";

const rows = (letter: string, attacks: (string | [attack: string, without: string])[]): Row[] =>
  attacks.map((each, at) => {
    const [attack, without] = typeof each === "string" ? [each] : each;
    return { row: `${letter}${at + 1}`, attack, ...(without !== undefined && { without }) };
  });

/** Every attack that is thought of, by number. Each without a reason to have none has a test that calls `abuse` with its row. */
export const CATALOGUE: Row[] = [
  ...rows("A", [
    ["another user's things by id, on every route", ACCOUNTS],
    ["exec, attach and streams of another user's container", ACCOUNTS],
    ["another user's volume or image by its id", ACCOUNTS],
    ["lists with forged filters and cursors", ACCOUNTS],
    ["fields that no body has", ACCOUNTS],
    ["revoked, expired, cut and doubled keys", ACCOUNTS],
    ["a key that may only read, on routes that change", ACCOUNTS],
    ["a webhook to another user's things", WEBHOOKS],
    ["a job in Redis with another user's id", ACCOUNTS],
    ["a container's token on the API", "containers are given no token"],
    ["ids told apart by time", ACCOUNTS],
    ["keys guessed by the hundred", ACCOUNTS],
  ]),
  ...rows("B", [
    ["requests by the OpenAPI document at random", EDGE],
    ["ids that climb, hold NUL, or are long", EDGE],
    ["heads that are too large", EDGE],
    ["JSON that is large, deep or wide", EDGE],
    ["a compressed body that grows", EDGE],
    ["requests that two servers read differently", EDGE],
    ["clients that are slow by thousands", EDGE],
    ["__proto__ in JSON", EDGE],
    ["numbers that are none", EDGE],
    ["SQL in every string", EDGE],
    ["patterns that take for ever", EDGE],
    ["one Idempotency-Key by many", EDGE],
    ["methods and paths that are odd", EDGE],
    ["sizes of terminals and signals that are none", EDGE],
  ]),
  ...rows("C", [
    ["requests from another site's page", EDGE],
    ["WebSockets from another site's page", EDGE],
    ["sockets by the thousand, large frames, pings", EDGE],
    ["a port's page against the console's", EDGE],
    ["names and lines that are scripts", "there is no dashboard yet"],
  ]),
  ...rows("D", [
    "privileged, capabilities, devices",
    "directories of the host",
    "volumes with options of a driver",
    "the host's or another container's namespaces",
    "security options that switch protection off",
    "sysctls, masked paths, groups, runtimes, cgroup parents",
    "limits lifted or beyond reason",
    "log drivers, extra hosts and resolvers that connect for the attacker",
    "ports of the host",
    "labels of the service",
    "names that climb, are long, or another's",
    "an environment that is too large",
    "users that are root or nobody",
    "a crash loop",
  ]),
  ...rows("E", [
    "bombs of processes and threads",
    "bombs of memory",
    ["the disk filled", DISK],
    ["inodes used up", DISK],
    "descriptors and kernel objects used up",
    "a flood of output",
    "processes that will not end",
    "processors burnt",
    "the first steps of known escapes",
    "the runtime's own file overwritten",
    "set-uid files and file capabilities",
    "processes left behind by an exec",
    "execs by the hundred",
  ]),
  ...rows("F", [
    ["metadata addresses in every notation", EGRESS],
    ["the host's own services", EGRESS],
    ["private and reserved addresses", EGRESS],
    ["other users' containers", EGRESS],
    ["names that change their address", EGRESS],
    ["mail, floods, forged packets", EGRESS],
    ["what is allowed", EGRESS],
    ["addresses that the service calls", "the service calls none that a user names, but registries of its list"],
  ]),
  ...rows("G", [
    "ADD of a URL",
    "bases that are not one's own",
    "bombs in a RUN",
    "contexts with entries that are not what they seem",
    "contexts that grow",
    "Dockerfiles at the limits",
    "what an image declares",
    ["secrets in a build", "builds have no secrets yet"],
    "another user's layers by their steps",
    "a log that speaks for the engine",
    "a working directory in the runtime",
    "images that are larger than they look",
    ["a fork's build with its owner's secrets", WEBHOOKS],
  ]),
  ...rows("H", [
    ["signatures that are wrong", WEBHOOKS],
    ["deliveries sent again", WEBHOOKS],
    ["refs that are commands", WEBHOOKS],
    ["deliveries by the thousand", WEBHOOKS],
    ["secrets that are rotated", WEBHOOKS],
  ]),
  ...rows("I", [
    "paths of files that lead out",
    "tars and files that are not what they seem",
    "a file system of the attacker's making",
    ["quotas raced", ACCOUNTS],
    ["two users' same names", ACCOUNTS],
    "volumes that are being deleted, in use, or copied",
    "what a freed volume held",
    ["planted secrets in all that is stored", ACCOUNTS],
  ]),
];
