import type { JwksStatus } from '../../auth/auth-view.js';
import { type HealthPart, OK, type PartCheck } from './health-part.js';

/** The issuer's key set. Never `down` while keys serve: tokens of other keys and everybody who is connected do without it. */
export class JwksPart implements HealthPart {
  readonly name = 'jwks';
  readonly affects = 'clients that come with a token of the key set: they cannot connect once its keys are too old; who is connected stays';

  constructor(private readonly status: () => JwksStatus | undefined) {}

  check(): PartCheck {
    const status = this.status();
    if (status === undefined || (status.problem === undefined && status.ageMs !== undefined)) return OK;
    const problem = `the key set cannot be used: ${status.problem ?? 'it was not fetched yet'}`;
    if (status.keys === 0) return { state: 'down', detail: `${problem}; tokens of its keys are refused with UNAVAILABLE` };
    const left = Math.max(0, Math.round((status.staleMs - (status.ageMs ?? 0)) / 1_000));
    return { state: 'degraded', detail: `${problem}; the ${status.keys} keys fetched last serve for another ${left} s` };
  }
}
