import { createHmac, randomUUID } from 'node:crypto';

const LIFE_S = 3_600;
const HEADER = encoded({ alg: 'HS256', typ: 'at+jwt' });

/**
 * Tokens as the gateway mints them by `POST auth/tokens`, made here, because ten thousand of them by REST would warm the gateway up
 * and fill its memory before anything is measured. Each differs from all others, so none is known until it has been used.
 */
export function mintToken(user: string, secret: string): string {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    roles: [],
    topics: { subscribe: ['*'], publish: ['*'] },
    users: { send: [] },
    broadcast: false,
    auth_time: now,
    sub: user,
    aud: 'waybill',
    iat: now,
    exp: now + LIFE_S,
    jti: randomUUID(),
  };
  const signed = `${HEADER}.${encoded(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
