const FINAL_STANDARD_CODES: ReadonlySet<number> = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010]);

/** Whether to reconnect after a close code: the number alone decides. Final are 1000, 1002, 1003, 1007–1010 and 4500–4999. */
export function mayReconnect(code: number): boolean {
  return !FINAL_STANDARD_CODES.has(code) && !(code >= 4500 && code <= 4999);
}
