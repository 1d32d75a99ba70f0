/** One row of the security table. */
export interface SecurityRow {
  readonly id: string;
  readonly topic: string;
  readonly input: string;
  readonly expected: string;
}
