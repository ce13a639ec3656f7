/** Something that was opened, by us or found running, and is ours to stop. */
export interface Service {
  close(): Promise<void>;
}
