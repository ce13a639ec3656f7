const CTRL_P = 0x10;
const CTRL_Q = 0x11;

/** Watches what is typed for Ctrl-P Ctrl-Q, also when they come in different chunks. */
export class DetachKeys {
  #held = false;

  /** What goes to the process, and whether its reader leaves. A Ctrl-P is kept back until the next key says what it was. */
  take(typed: Uint8Array): { pass: Uint8Array; detach: boolean } {
    const pass: number[] = [];
    for (const byte of typed) {
      if (this.#held && byte === CTRL_Q) return { pass: Uint8Array.from(pass), detach: true };
      if (this.#held) pass.push(CTRL_P);
      this.#held = byte === CTRL_P;
      if (!this.#held) pass.push(byte);
    }
    return { pass: Uint8Array.from(pass), detach: false };
  }
}
