export interface PathInfo {
  type: "file" | "directory" | "symlink" | "other";
  sizeBytes: number;
  /** Permissions, with set-uid, set-gid and sticky bits. */
  mode: number;
  /** RFC 3339. */
  modifiedAt: string;
  /** For a symbolic link: where it leads in the end, as an absolute path of the container, whether anything is there or not. */
  linkTarget?: string | undefined;
}
