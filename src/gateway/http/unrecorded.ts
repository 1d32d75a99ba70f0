import { Refusal } from '../../protocol/refusal.js';

/** What the caller is told of an action that was carried out, where the trail did not take its record. */
export function unrecorded(): Refusal {
  return new Refusal(
    'UNKNOWN_OUTCOME',
    'this was carried out, but whether its record reached the audit trail is not known, because the database did not answer; look at its effect before you repeat it',
  );
}
