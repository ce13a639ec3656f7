import { InputError } from "../archive/error.ts";
import { quoted } from "../archive/quoted.ts";

/** `domain[:port]/path[:tag][@digest]`, by the grammar of the distribution project. Nothing is filled in. */
export interface Reference {
  domain?: string;
  path: string;
  tag?: string;
  digest?: string;
}

const MAX_NAME_CHARACTERS = 255;
const MAX_REFERENCE_CHARACTERS = 512;
const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const DOMAIN = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-fA-F:]{2,39}\\])(?::[0-9]{1,5})?$`);
const COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function parseReference(text: string): Reference {
  const refuse = (why: string): InputError =>
    new InputError("reference_invalid", `${quoted(text)} is not an image name: ${why}.`);
  if (text === "") throw refuse("it is empty");
  if (text.length > MAX_REFERENCE_CHARACTERS) throw refuse(`it is longer than ${MAX_REFERENCE_CHARACTERS} characters`);

  const at = text.indexOf("@");
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !DIGEST.test(digest))
    throw refuse("a digest is sha256: and 64 lower case hexadecimal digits");

  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  // A colon before the last slash is a port's.
  const tagged = colon > named.lastIndexOf("/");
  const tag = tagged ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !TAG.test(tag))
    throw refuse("a tag has 1 to 128 letters, digits, dots, dashes and underscores, and starts with none of . and -");

  const name = tagged ? named.slice(0, colon) : named;
  if (name.length > MAX_NAME_CHARACTERS) throw refuse(`its name is longer than ${MAX_NAME_CHARACTERS} characters`);
  const slash = name.indexOf("/");
  const domain = slash !== -1 && isDomain(name.slice(0, slash)) ? name.slice(0, slash) : undefined;
  if (domain !== undefined && !DOMAIN.test(domain)) throw refuse(`${quoted(domain)} is not a registry's host and port`);
  const path = domain === undefined ? name : name.slice(slash + 1);
  if (!path.split("/").every((component) => COMPONENT.test(component))) {
    throw refuse(
      "each part between slashes has lower case letters and digits, with single . or _ or with __ or - between them",
    );
  }
  if (domain === undefined && /^[0-9a-f]{64}$/.test(path))
    throw refuse("64 hexadecimal digits are an image's id: write sha256: before them");
  return {
    ...(domain !== undefined && { domain }),
    path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/** Docker's rule for the part before the first slash: `localhost`, or something a path component could not be or rarely is. */
function isDomain(text: string): boolean {
  return text === "localhost" || /[.:[]/.test(text) || text !== text.toLowerCase();
}
