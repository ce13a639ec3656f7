import assert from "node:assert/strict";
import { HafenError, type HafenErrorCode } from "@hafen/sdk";

export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  text: string;
  body: T;
}
export interface Question {
  key?: string | undefined;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: BodyInit;
  /** Lets a streamed body through. */
  duplex?: "half";
}

/** One request as curl sends it: for what the SDK never does, and for what it hides. */
export async function ask<T = Record<string, unknown>>(
  base: string,
  method: string,
  path: string,
  question: Question = {},
): Promise<Answer<T>> {
  const { key, json, body, headers = {}, duplex } = question;
  const response = await fetch(`${base}${path}`, {
    method,
    redirect: "manual",
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    ...(body === undefined ? {} : { body }),
    ...(duplex === undefined ? {} : { duplex }),
  });
  const text = await response.text();
  const isJson = /^application\/(problem\+)?json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, text, body: (isJson ? JSON.parse(text) : {}) as T };
}

/** The error that a call of the SDK ends with, which must have this code. */
export async function refusal(call: Promise<unknown>, code: HafenErrorCode): Promise<HafenError> {
  const error = await call.then(
    () => assert.fail(`expected ${code}, but it was accepted`),
    (cause: unknown) => cause,
  );
  if (!(error instanceof HafenError)) throw error;
  assert.equal(error.code, code, error.message);
  return error;
}
