import type { CallOptions, FilesWritten, PutFileOptions, TarSource } from "@hafen/sdk";

/** Files of a container or a volume. */
export interface Remote {
  /** What its user calls it. */
  name: string;
  getFiles(path: string, options?: CallOptions): AsyncGenerator<Uint8Array, void>;
  getFile(path: string, options?: CallOptions): AsyncGenerator<Uint8Array, void>;
  putFiles(path: string, tar: TarSource): Promise<FilesWritten>;
  putFile(path: string, content: TarSource, options: PutFileOptions): Promise<FilesWritten>;
}

/** A path of a remote, as it was written. */
export interface RemotePath {
  ref: string;
  /** Absolute. */
  path: string;
  /** With the slash or dot at its end. */
  written: string;
}

/** Docker's flags of cp. */
export interface CopyOptions {
  followLink: boolean;
  archive: boolean;
  quiet: boolean;
}
