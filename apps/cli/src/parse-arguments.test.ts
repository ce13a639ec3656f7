import assert from "node:assert/strict";
import { test } from "node:test";
import { many, on, one } from "./flags.ts";
import { whole } from "./format/quantities.ts";
import { parseArguments } from "./parse-arguments.ts";

const FLAGS = {
  interactive: on("i", ""),
  tty: on("t", ""),
  env: many("NAME=VALUE", ["e", ""]),
  noTrunc: on(""),
  time: one("SECONDS", ["s", ""], whole),
};
const parse = (words: string, stopAtArgument = false) => parseArguments(FLAGS, words.split(" "), { stopAtArgument });

test("flags are written as docker's", () => {
  const { flags, args } = parse("-it -eA=1 -e B=2 --env C=3 --env=D=4 --no-trunc x --time 5 y");
  assert.deepEqual(flags, { interactive: true, tty: true, env: ["A=1", "B=2", "C=3", "D=4"], noTrunc: true, time: 5 });
  assert.deepEqual(args, ["x", "y"]);
});

test("what follows a command's first argument is the argument's own, where the command says so", () => {
  assert.deepEqual(parse("-i image ls -la --time", true).args, ["image", "ls", "-la", "--time"]);
  assert.deepEqual(parse("-i -- -e", true).args, ["-e"]);
  assert.deepEqual(parse("- x").args, ["-", "x"]);
});

test("a flag that is off can be said so, and the last one counts", () => {
  assert.equal(parse("--tty --tty=false").flags.tty, false);
  assert.equal(parse("-s 1 -s2").flags.time, 2);
});

test("what is wrong is named", () => {
  assert.throws(() => parse("--nope"), { name: "UsageError", message: "unknown flag: --nope" });
  assert.throws(() => parse("-ix"), { message: "unknown shorthand flag: 'x' in -ix" });
  assert.throws(() => parse("--env"), { message: "flag needs an argument: --env" });
  assert.throws(() => parse("--time=soon"), { message: 'invalid argument "soon" for --time: a whole number' });
  assert.throws(() => parse("--tty=maybe"), { message: 'invalid argument "maybe" for --tty: true or false' });
});
