import { InputError } from "../archive/error.ts";

export function invalid(line: number, why: string): InputError {
  return new InputError("dockerfile_invalid", `Dockerfile line ${line}: ${why}.`);
}
