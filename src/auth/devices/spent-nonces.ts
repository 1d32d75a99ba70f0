/**
 * Port: remembers the nonces that were answered well, until nobody could answer them any more. Of any number of calls with one nonce, at once and
 * on however many nodes, exactly one resolves to true. Rejects with a `Refusal` of `UNAVAILABLE` where it cannot know.
 */
export abstract class SpentNonces {
  /** `until`: when the nonce is too old anyway, milliseconds since the epoch. */
  abstract spend(nonce: string, until: number): Promise<boolean>;
}
