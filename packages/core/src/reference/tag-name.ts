import { InputError } from "../archive/error.ts";
import { quoted } from "../archive/quoted.ts";
import { isImageId } from "./is-image-id.ts";
import { parseReference } from "./parse-reference.ts";

/** A user's own tag in the one form that is stored and compared: `repository:tag`, with `latest` filled in. */
export function tagName(text: string): string {
  if (isImageId(text))
    throw new InputError("reference_invalid", `${quoted(text)} is an image's id and cannot be a tag. Choose a name.`);
  const { domain, path, tag, digest } = parseReference(text);
  if (digest !== undefined)
    throw new InputError(
      "reference_invalid",
      `${quoted(text)} has a digest, which a tag cannot have. Leave out everything from @ on.`,
    );
  if (domain === undefined && path === "scratch")
    throw new InputError("reference_invalid", "scratch is the name of the empty image and cannot be a tag.");
  return `${domain === undefined ? "" : `${domain}/`}${path}:${tag ?? "latest"}`;
}
