import { SignJWT } from 'jose';

const SECRET = 'the secret of the fault tests, longer than 32 bytes';
/** Long before the run, so that a gateway whose clock is behind takes it too. */
const ISSUED = '2h ago';
const LIFE = '12h';

/** Settings that every gateway of a fault test shares, so that a token outlives each of them. */
export const CREDENTIALS = { WAYBILL_JWT_SECRET: SECRET, WAYBILL_API_KEY: 'api-key-of-the-fault-tests' } as const;

/** A token that may read and publish everything. */
export function tokenFor(user: string): Promise<string> {
  return new SignJWT({ topics: { subscribe: ['*'], publish: ['*'] }, users: { send: ['*'] }, broadcast: true })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setAudience('waybill')
    .setIssuedAt(ISSUED)
    .setExpirationTime(LIFE)
    .sign(new TextEncoder().encode(SECRET));
}
