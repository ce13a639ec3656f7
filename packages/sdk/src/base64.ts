/** String.fromCharCode takes its bytes as arguments, and engines limit those. */
const CHUNK_BYTES = 0x8000;

/** In standard base64, as JSON carries bytes. */
export function base64(contents: string | Uint8Array): string {
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  let binary = "";
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK_BYTES));
  }
  return btoa(binary);
}
