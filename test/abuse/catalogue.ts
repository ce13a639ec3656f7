export interface Row {
  row: string;
  attack: string;
  /** Why no test has it: what it attacks does not exist yet, or not here. */
  without?: string;
}

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
    "another user's things by id, on every route",
    "exec, attach and streams of another user's container",
    "another user's volume or image by its id",
    "lists with forged filters and cursors",
    "fields that no body has",
    "revoked, expired, cut and doubled keys",
    "a key that may only read, on routes that change",
    ["a webhook to another user's things", WEBHOOKS],
    "a job in Redis with another user's id",
    "a container's token on the API",
    "ids told apart by time",
    "keys guessed by the hundred",
  ]),
  ...rows("B", [
    "requests by the OpenAPI document at random",
    "ids that climb, hold NUL, or are long",
    "heads that are too large",
    "JSON that is large, deep or wide",
    "a compressed body that grows",
    "requests that two servers read differently",
    "clients that are slow by thousands",
    "__proto__ in JSON",
    "numbers that are none",
    "SQL in every string",
    "patterns that take for ever",
    ["one Idempotency-Key by many", "test/api/idempotency has it: one effect, another body, another user, a day later"],
    "methods and paths that are odd",
    "sizes of terminals and signals that are none",
  ]),
  ...rows("C", [
    "requests from another site's page",
    "WebSockets from another site's page",
    "sockets by the thousand, large frames, pings",
    "a port's page against the console's",
    "names and lines that are scripts",
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
    "metadata addresses in every notation",
    "the host's own services",
    "private and reserved addresses",
    "other users' containers",
    "names that change their address",
    "mail, floods, forged packets",
    "what is allowed",
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
    ["secrets in a build", "builds are given none, and build arguments are in the history, as docker's are"],
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
    "quotas raced",
    "two users' same names",
    "volumes that are being deleted, in use, or copied",
    "what a freed volume held",
    "planted secrets in all that is stored",
  ]),
];
