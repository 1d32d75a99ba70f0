/** `ok`: works; `degraded`: works badly or in part; `down`: does not work. */
export type PartState = 'ok' | 'degraded' | 'down';

export interface PartCheck {
  readonly state: PartState;
  /** What is wrong, in words for an operator; absent while it is ok. */
  readonly detail?: string;
  /** This node should get no newcomers while it is so; only for what another node would do better. */
  readonly unready?: true;
}

/** Something that the gateway's work depends on. */
export interface HealthPart {
  readonly name: string;
  /** What works badly, and what goes on, while it is degraded or down: a sentence for an operator. */
  readonly affects: string;
  /** What is known now; quick, and never waits for anything. */
  check(): PartCheck;
}

export const OK: PartCheck = { state: 'ok' };
