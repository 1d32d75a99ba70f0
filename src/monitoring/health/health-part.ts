/** `ok`: works; `degraded`: works badly or in part; `down`: does not work. */
export type PartState = 'ok' | 'degraded' | 'down';

export interface PartCheck {
  readonly state: PartState;
  /** What is wrong, in words for an operator; absent while it is ok. */
  readonly detail?: string;
}

/** Something that the gateway's work depends on. */
export interface HealthPart {
  readonly name: string;
  /** What is known now; quick, and never waits for anything. */
  check(): PartCheck;
}

export const OK: PartCheck = { state: 'ok' };
