/** Why somebody was refused, as it was recorded. */
export interface RefusalRecord {
  readonly kind: string;
  readonly code: string;
  readonly rule: string | undefined;
  readonly message: string;
  readonly topic: string | undefined;
  readonly connection: string | undefined;
  readonly ref: string | undefined;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}
