import type { RevocationKind } from '../telemetry/telemetry.js';

export interface JwksStatus {
  /** Keys that serve now. */
  readonly keys: number;
  /** Time since they were fetched, milliseconds; undefined: never. */
  readonly ageMs: number | undefined;
  /** Why the last fetch failed; undefined where it did not. */
  readonly problem: string | undefined;
  /** How old they may become while the set cannot be fetched, milliseconds. */
  readonly staleMs: number;
}

export interface RevocationStatus {
  /** Rules in force, by kind. */
  readonly rules: Readonly<Record<RevocationKind, number>>;
  /** Time since other nodes' rules were last asked for with success, milliseconds. */
  readonly ageMs: number;
}

/** Port: what operators see of the keys and of what was revoked. */
export abstract class AuthView {
  /** Undefined where no key set is configured. */
  abstract jwks(): JwksStatus | undefined;
  abstract revocations(): RevocationStatus;
}
