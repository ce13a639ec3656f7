/** One event of a text/event-stream. */
export interface ServerEvent {
  type: string;
  data: string;
  /** The last id seen up to it; empty when there was none. */
  id: string;
}

const LINE_END = /\r\n|\r|\n/g;

/**
 * Reads an event stream as WHATWG HTML says (9.2.6), from bytes cut anywhere.
 * An event whose empty line never came is dropped, and its id with it: it will be sent again.
 */
export class EventStreamParser {
  /** Where to go on from; an event without data moves it too. */
  lastEventId: string;
  /** How long the service asks to wait before a reconnect. */
  retryMs: number | undefined;
  /** Whether the service sends comments, which it does to show that the connection lives. */
  sawComment = false;
  readonly #decoder = new TextDecoder(); // drops one byte order mark at the start
  #rest = "";
  #afterCr = false;
  #type = "";
  #data: string[] = [];
  #id: string;

  constructor(lastEventId = "") {
    this.lastEventId = lastEventId;
    this.#id = lastEventId;
  }

  push(bytes: Uint8Array): ServerEvent[] {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return [];
    // The CR before ended its line at once; an LF after it is the other half of the same line end.
    if (this.#afterCr && text.startsWith("\n")) text = text.slice(1);
    this.#afterCr = text.endsWith("\r");
    const events: ServerEvent[] = [];
    const buffer = this.#rest + text;
    let start = 0;
    LINE_END.lastIndex = this.#rest.length;
    for (let end = LINE_END.exec(buffer); end; end = LINE_END.exec(buffer)) {
      const event = this.#line(buffer.slice(start, end.index));
      if (event) events.push(event);
      start = LINE_END.lastIndex;
    }
    this.#rest = buffer.slice(start);
    return events;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) {
      this.sawComment = true;
      return undefined;
    }
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#type = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) this.retryMs = Number(value);
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const event = { type: this.#type || "message", data: this.#data.join("\n"), id: this.#id };
    const some = this.#data.length > 0;
    this.lastEventId = this.#id;
    this.#type = "";
    this.#data = [];
    return some ? event : undefined;
  }
}
