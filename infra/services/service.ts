/** Something that was opened, by us or found running, and is ours to stop. */
export interface Service {
  /** Its daemons; when one of them is gone, the service has to be opened again. */
  pids: readonly number[];
  close(): Promise<void>;
}
