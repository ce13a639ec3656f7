import type { Command } from "../command.ts";
import { ALIASES } from "./aliases.ts";

interface Row {
  name: string;
  summary: string;
  /** Loaded only when it is asked for: start-up reads one command. */
  load: () => Promise<{ default: Command }>;
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly Row[] = [
  { name: "login", summary: "Store a service's address and a key for it", load: () => import("./context/login.ts") },
  { name: "context ls", summary: "List the stored services", load: () => import("./context/ls.ts") },
  {
    name: "context use",
    summary: "Choose which stored service is used from now on",
    load: () => import("./context/use.ts"),
  },
  { name: "context rm", summary: "Forget stored services and their keys", load: () => import("./context/rm.ts") },
  {
    name: "whoami",
    summary: "Show the user, the quota and what is used of it",
    load: () => import("./user/whoami.ts"),
  },
  { name: "build", summary: "Build an image from a Dockerfile", load: () => import("./image/build.ts") },
  { name: "images", summary: "List images", load: () => import("./image/ls.ts") },
  { name: "images tree", summary: "Show which layers images share", load: () => import("./image/tree.ts") },
  { name: "history", summary: "Show an image's layers", load: () => import("./image/history.ts") },
  { name: "tag", summary: "Give an image another name", load: () => import("./image/tag.ts") },
  { name: "rmi", summary: "Remove images", load: () => import("./image/rm.ts") },
  { name: "image prune", summary: "Remove images that nothing needs", load: () => import("./prune/images.ts") },
  { name: "pull", summary: "Take an image out of a registry", load: () => import("./image/pull.ts") },
  { name: "push", summary: "Put an image into a registry", load: () => import("./image/push.ts") },
  { name: "save", summary: "Write an image to an archive", load: () => import("./image/save.ts") },
  { name: "load", summary: "Take an image out of an archive", load: () => import("./image/load.ts") },
  { name: "import", summary: "Make an image from a tar", load: () => import("./image/import.ts") },
  {
    name: "registry login",
    summary: "Store the password for a registry",
    load: () => import("./registry/login.ts"),
  },
  {
    name: "registry logout",
    summary: "Forget the password for a registry",
    load: () => import("./registry/logout.ts"),
  },
  {
    name: "secret create",
    summary: "Store a secret, in place of the value of before",
    load: () => import("./secret/create.ts"),
  },
  { name: "secret ls", summary: "List one's secrets", load: () => import("./secret/ls.ts") },
  {
    name: "secret inspect",
    summary: "Show secrets and who is given them, without their values",
    load: () => import("./secret/inspect.ts"),
  },
  { name: "secret rm", summary: "Forget secrets", load: () => import("./secret/rm.ts") },
  { name: "registry ls", summary: "List the registries with a password", load: () => import("./registry/ls.ts") },
  { name: "run", summary: "Make a container and start it", load: () => import("./container/run.ts") },
  { name: "create", summary: "Make a container", load: () => import("./container/create.ts") },
  { name: "start", summary: "Start containers", load: () => import("./container/start.ts") },
  { name: "stop", summary: "Stop containers", load: () => import("./container/stop.ts") },
  { name: "restart", summary: "Stop containers and start them again", load: () => import("./container/restart.ts") },
  { name: "kill", summary: "Send a signal to containers", load: () => import("./container/kill.ts") },
  { name: "pause", summary: "Freeze containers where they are", load: () => import("./container/pause.ts") },
  { name: "unpause", summary: "Let paused containers go on", load: () => import("./container/unpause.ts") },
  { name: "rename", summary: "Give a container another name", load: () => import("./container/rename.ts") },
  {
    name: "update",
    summary: "Change the limits, restart policy or time to live of containers",
    load: () => import("./container/update.ts"),
  },
  {
    name: "wait",
    summary: "Wait until containers end, and print their exit codes",
    load: () => import("./container/wait.ts"),
  },
  { name: "rm", summary: "Remove containers", load: () => import("./container/rm.ts") },
  { name: "container prune", summary: "Remove stopped containers", load: () => import("./prune/containers.ts") },
  { name: "ps", summary: "List containers", load: () => import("./container/ps.ts") },
  {
    name: "inspect",
    summary: "Show everything about containers, images or volumes",
    load: () => import("./system/inspect.ts"),
  },
  { name: "logs", summary: "Show what a container has printed", load: () => import("./container/logs.ts") },
  { name: "attach", summary: "Connect to a running container's streams", load: () => import("./container/attach.ts") },
  { name: "exec", summary: "Run a command in a running container", load: () => import("./container/exec.ts") },
  { name: "commit", summary: "Make an image of a container", load: () => import("./container/commit.ts") },
  { name: "top", summary: "List a container's processes", load: () => import("./container/top.ts") },
  {
    name: "flows",
    summary: "List what a container talked to, and what it was refused",
    load: () => import("./container/flows.ts"),
  },
  { name: "stats", summary: "Show what containers use, live", load: () => import("./container/stats.ts") },
  { name: "diff", summary: "Show which files a container has changed", load: () => import("./container/diff.ts") },
  { name: "export", summary: "Write a container's files as a tar", load: () => import("./container/export.ts") },
  {
    name: "isolation",
    summary: "Show what the kernel enforces on a container",
    load: () => import("./container/isolation.ts"),
  },
  { name: "cp", summary: "Copy files to or from a container", load: () => import("./container/cp.ts") },
  {
    name: "port",
    summary: "Show where a container's ports are reached",
    load: () => import("./container/port.ts"),
  },
  {
    name: "port-forward",
    summary: "Reach any port of a container on this machine",
    load: () => import("./container/port-forward.ts"),
  },
  {
    name: "link create",
    summary: "Make a link into a port, for whoever has it",
    load: () => import("./link/create.ts"),
  },
  { name: "link ls", summary: "List a container's links", load: () => import("./link/ls.ts") },
  { name: "link rm", summary: "Revoke links", load: () => import("./link/rm.ts") },
  { name: "volume create", summary: "Make a volume", load: () => import("./volume/create.ts") },
  { name: "volume ls", summary: "List volumes", load: () => import("./volume/ls.ts") },
  { name: "volume inspect", summary: "Show volumes, and who mounts them", load: () => import("./volume/inspect.ts") },
  { name: "volume rm", summary: "Remove volumes and their data", load: () => import("./volume/rm.ts") },
  {
    name: "volume prune",
    summary: "Remove volumes that hold nothing, or those that are named",
    load: () => import("./prune/volumes.ts"),
  },
  { name: "builder prune", summary: "Forget builds that have ended", load: () => import("./prune/builds.ts") },
  { name: "system df", summary: "Show what everything takes", load: () => import("./system/df.ts") },
  { name: "system prune", summary: "Remove what lies around", load: () => import("./prune/system.ts") },
  {
    name: "retention",
    summary: "Say when stopped containers and ended builds go by themselves",
    load: () => import("./system/retention.ts"),
  },
  { name: "volume cp", summary: "Copy files to or from a volume", load: () => import("./volume/cp.ts") },
  { name: "volume clone", summary: "Make a volume with another one's data", load: () => import("./volume/clone.ts") },
  { name: "events", summary: "Show what has happened", load: () => import("./system/events.ts") },
  { name: "key create", summary: "Make an API key; it is shown once", load: () => import("./key/create.ts") },
  { name: "key ls", summary: "List one's keys", load: () => import("./key/ls.ts") },
  { name: "key rm", summary: "Revoke keys", load: () => import("./key/rm.ts") },
  {
    name: "grant create",
    summary: "Let another user read or use an image or a volume",
    load: () => import("./grant/create.ts"),
  },
  { name: "grant ls", summary: "List what others grant, or who has a grant", load: () => import("./grant/ls.ts") },
  { name: "grant rm", summary: "Take grants back", load: () => import("./grant/rm.ts") },
  { name: "user create", summary: "Make a user (admin)", load: () => import("./user/create.ts") },
  { name: "user ls", summary: "List users (admin)", load: () => import("./user/ls.ts") },
  {
    name: "user inspect",
    summary: "Show users, what they may and what they hold (admin)",
    load: () => import("./user/inspect.ts"),
  },
  {
    name: "user update",
    summary: "Change a user's quota, role or policy (admin)",
    load: () => import("./user/update.ts"),
  },
  {
    name: "user rm",
    summary: "Remove users and everything of theirs (admin)",
    load: () => import("./user/rm.ts"),
  },
  { name: "audit", summary: "Show who changed what, and what was refused", load: () => import("./system/audit.ts") },
  { name: "hosts", summary: "List hosts (admin)", load: () => import("./system/hosts.ts") },
  {
    name: "host check",
    summary: "Examine a host: fit for strangers' work? (admin)",
    load: () => import("./host/check.ts"),
  },
  { name: "version", summary: "Show the version", load: () => import("./system/version.ts") },
  {
    name: "completion",
    summary: "Print a completion script for bash or zsh",
    load: () => import("./system/completion.ts"),
  },
  { name: "help", summary: "Show this, or a command's flags", load: () => import("./system/help.ts") },
];

/** What a command line may begin with. */
export const NAMES: readonly string[] = [...COMMANDS.map(({ name }) => name), ...Object.keys(ALIASES)];

/** The command that the words begin with, and what follows it. */
export function findCommand(words: readonly string[]): { row: Row; rest: string[] } | undefined {
  for (const length of [2, 1]) {
    const written = words.slice(0, length).join(" ");
    const called = Object.hasOwn(ALIASES, written) ? ALIASES[written] : written;
    const row = COMMANDS.find(({ name }) => name === called);
    if (row && words.length >= length) return { row, rest: words.slice(length) };
  }
  return undefined;
}
