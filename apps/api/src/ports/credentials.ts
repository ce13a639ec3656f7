import { LINK_NAME } from "@hafen/core";

/** A request without what it brought for Hafen: the rest goes to the container. */
export interface Taken {
  apiKey: string | undefined;
  /** The token in the address, as a link's url has it. */
  opened: string | undefined;
  /** Tokens in the header. */
  tokens: string[];
  /** Tokens in cookies, which a browser sends unasked. */
  cookies: string[];
  target: string;
  /** Names and values in turn, as they came. */
  headers: string[];
}

const KEY = /^bearer\s+(hfn_\S*)\s*$/i;

/** Takes every credential of Hafen's out of a request, valid or not: none of them may reach a container. */
export function takeCredentials(target: string, rawHeaders: readonly string[]): Taken {
  const taken: Taken = { apiKey: undefined, tokens: [], cookies: [], headers: [], ...takeOpened(target) };
  let bearer: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    switch (name.toLowerCase()) {
      case "x-hafen-key":
        taken.apiKey = value.trim();
        continue;
      case "x-hafen-link":
        taken.tokens.push(value.trim());
        continue;
      case "authorization":
        if (!value.includes("hfn_")) break;
        bearer ??= KEY.exec(value)?.[1];
        continue;
      case "cookie": {
        const { kept, tokens } = takeCookies(value);
        taken.cookies.push(...tokens);
        if (kept !== "") taken.headers.push(name, kept);
        continue;
      }
    }
    taken.headers.push(name, value);
  }
  taken.apiKey ??= bearer;
  return taken;
}

/** The rest of the query stays as it was written. */
function takeOpened(target: string): { opened: string | undefined; target: string } {
  const at = target.indexOf("?");
  if (at < 0) return { opened: undefined, target };
  let opened: string | undefined;
  const kept = target
    .slice(at + 1)
    .split("&")
    .filter((pair) => {
      const [[name, value] = []] = new URLSearchParams(`&${pair}`); // which would take a question mark off
      if (name !== LINK_NAME) return true;
      opened = value;
      return false;
    });
  if (opened === undefined) return { opened, target };
  return { opened, target: target.slice(0, at) + (kept.length > 0 ? `?${kept.join("&")}` : "") };
}

/** A browser may hold one for this host and, set by a page of a neighbour, one for all hosts. */
function takeCookies(header: string): { kept: string; tokens: string[] } {
  const tokens: string[] = [];
  const kept = header.split(";").filter((pair) => {
    const [name = "", ...value] = pair.split("=");
    if (name.trim() !== LINK_NAME) return pair.trim() !== "";
    tokens.push(value.join("=").trim());
    return false;
  });
  return { kept: kept.map((pair) => pair.trim()).join("; "), tokens };
}
