import type { InputCode } from "./error.ts";

/** Which problem a damaged upload gets: the same reading serves build contexts, image archives and files. */
export interface Upload {
  noun: string;
  invalid: InputCode;
  truncated: InputCode;
  refused: InputCode;
  tooLarge: InputCode;
}

export const CONTEXT: Upload = {
  noun: "build context",
  invalid: "context_invalid",
  truncated: "context_truncated",
  refused: "context_entry_refused",
  tooLarge: "context_too_large",
};

export const IMAGE: Upload = {
  noun: "image archive",
  invalid: "archive_invalid",
  truncated: "archive_invalid",
  refused: "archive_invalid",
  tooLarge: "context_too_large",
};

export const FILES: Upload = {
  noun: "tar",
  invalid: "tar_invalid",
  truncated: "tar_invalid",
  refused: "tar_entry_refused",
  tooLarge: "tar_too_large",
};
