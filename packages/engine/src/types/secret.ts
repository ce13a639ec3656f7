/** One file in memory that a container sees read-only, with owner and mode as the container sees them. */
export interface SecretFile {
  content: Uint8Array;
  uid: number;
  gid: number;
  mode: number;
}
