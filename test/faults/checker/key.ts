/** One text for several, which no other several have. */
export function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
