/** Messages of DNS over TCP: each has its length in front of it (RFC 1035, 4.2.2). */
export class Frames {
  #held: Buffer = Buffer.alloc(0);
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The messages that `chunk` completes. @throws RangeError at one that is too long. */
  take(chunk: Buffer): Buffer[] {
    this.#held = Buffer.concat([this.#held, chunk]);
    const messages: Buffer[] = [];
    while (this.#held.length >= 2) {
      const length = this.#held.readUInt16BE(0);
      if (length > this.#maxBytes) throw new RangeError(`a message of ${length} bytes`);
      if (this.#held.length < 2 + length) break;
      messages.push(this.#held.subarray(2, 2 + length));
      this.#held = this.#held.subarray(2 + length);
    }
    return messages;
  }
}

export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
