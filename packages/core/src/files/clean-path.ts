/** An absolute path without doubled and trailing slashes. */
export function cleanPath(path: string): string {
  return `/${path.split("/").filter(Boolean).join("/")}`;
}
