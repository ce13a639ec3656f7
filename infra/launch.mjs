// Plain JavaScript with no dependency: this runs under the machine's Node, before anything is installed.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LOCK = join(ROOT, "package-lock.json");
const STAMP = join(ROOT, "node_modules", ".hafen-lock");
const NODE = join(ROOT, "node_modules", ".bin", "node");
const OLDEST_NODE = 20;

/** Installs what the lock file asks for, then runs one TypeScript program under the Node 24 that npm brought. */
export async function launch(program) {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < OLDEST_NODE) {
    process.stderr.write(
      `Hafen needs Node ${OLDEST_NODE} or newer to start; this is ${process.version}.\nInstall a newer one from https://nodejs.org/en/download (Debian 12's own is 18).\n`,
    );
    process.exit(1);
  }
  if (!isInstalled()) await install();
  process.exitCode = await run(NODE, [join(ROOT, program), ...process.argv.slice(2)]);
}

function isInstalled() {
  if (!existsSync(NODE)) return false;
  if (existsSync(STAMP)) return readFileSync(STAMP, "utf8") === lockHash();
  // Somebody ran npm himself: npm's own record is then newer than the lock.
  const record = join(ROOT, "node_modules", ".package-lock.json");
  if (!existsSync(record) || statSync(record).mtimeMs < statSync(LOCK).mtimeMs) return false;
  writeFileSync(STAMP, lockHash());
  return true;
}

async function install() {
  process.stderr.write("installing Node packages with npm ci\n");
  const { code, output } = await runNpm("ci");
  if (code !== 0) {
    // A lock file made where some platform's binaries cannot be fetched makes npm ci give up, but not npm install.
    const fallback = output.includes("EUSAGE") ? await runNpm("install") : undefined;
    if (fallback?.code !== 0) {
      process.stderr.write(
        `${(fallback?.output ?? output).trim()}\nThe packages could not be installed; the reason is above. Then try again.\n`,
      );
      process.exit(1);
    }
  }
  writeFileSync(STAMP, lockHash());
}

function lockHash() {
  return createHash("sha256").update(readFileSync(LOCK)).digest("hex");
}

function runNpm(command) {
  return new Promise((resolve, reject) => {
    const child = spawn("npm", [command, "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", reject).on("close", (code) => resolve({ code, output }));
  });
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: "inherit" });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      // A terminal sends Ctrl-C to the child as well; a second one would mean "now, without order".
      process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal)));
    }
    child.on("error", reject).on("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
