/** `@owner/name`: what another user has granted, by their name and theirs for it. No image reference and no volume name begins so. */
export function grantedName(text: string): { owner: string; name: string } | undefined {
  const [, owner, name] = /^@([^/]+)\/(.+)$/s.exec(text) ?? [];
  return owner === undefined || name === undefined ? undefined : { owner, name };
}
