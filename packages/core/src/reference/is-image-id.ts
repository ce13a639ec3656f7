import { isId } from "@hafen/contract";

/** Whether `text` is an image's id, ours (`img_…`) or the engine's (`sha256:<hex>`), which is never looked up as a name. */
export function isImageId(text: string): boolean {
  return isId("image", text) || /^sha256:[0-9a-f]{64}$/.test(text);
}
