import assert from "node:assert/strict";
import { test } from "node:test";
import { declaredPorts } from "./ports.ts";

const numbers = (ports: { container: number }[]) => ports.map(({ container }) => container);

test("the request's ports come first, then the image's as private ones", () => {
  assert.deepEqual(declaredPorts([{ container: 8080, public: true }, { container: 22 }], ["443/tcp", "80/tcp"]), [
    { container: 8080, protocol: "tcp", public: true },
    { container: 22, protocol: "tcp", public: false },
    { container: 80, protocol: "tcp", public: false },
    { container: 443, protocol: "tcp", public: false },
  ]);
});

test("what the request says of a port that the image exposes holds", () => {
  assert.deepEqual(declaredPorts([{ container: 80, public: true }], ["80/tcp", "80"]), [
    { container: 80, protocol: "tcp", public: true },
  ]);
});

test("only TCP ports that exist are taken from an image", () => {
  const exposed = [
    "53/udp",
    "9/sctp",
    "0/tcp",
    "65536/tcp",
    "99999999",
    "-1/tcp",
    "a/tcp",
    "80/tcp/x",
    "",
    "7",
    "8/TCP",
  ];
  assert.deepEqual(numbers(declaredPorts([], exposed)), [7, 8]);
});

test("an image that exposes every port gets 64 of them, and none of the request's is lost", () => {
  const all = Array.from({ length: 65_535 }, (_, at) => `${at + 1}/tcp`);
  const ports = declaredPorts([{ container: 50_000 }], all);
  assert.equal(ports.length, 65);
  assert.deepEqual(numbers(ports).slice(0, 3), [50_000, 1, 2]);
});

test("a port that is named twice is refused by its place", () => {
  assert.throws(() => declaredPorts([{ container: 80 }, { container: 80, public: true }], []), {
    code: "invalid_request",
    extra: { errors: [{ pointer: "/ports/1", detail: "the port 80 is named twice" }] },
  });
});
