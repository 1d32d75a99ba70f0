import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { JwtVerifier } from '../../src/auth/jwt-verifier.js';
import { Secrets } from '../../src/auth/secrets.js';
import { TokenIssuer } from '../../src/auth/token-issuer.js';
import { Config } from '../../src/config/config.js';
import { mintToken } from './token-mint.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const config = Config.from({ WAYBILL_JWT_SECRET: SECRET, WAYBILL_API_KEY: 'wk_0123456789abcdef' }, {});
const secrets = new Secrets(config);
const GRANTS = { topics: { subscribe: ['*'], publish: ['*'] }, users: { send: [] }, broadcast: false };

describe('mintToken', () => {
  it('makes what the gateway believes', async () => {
    const { principal } = await new JwtVerifier(config, secrets).verify(mintToken('user-7', SECRET));
    expect(principal).toMatchObject({ kind: 'user', id: 'user-7', grants: GRANTS });
    await expect(new JwtVerifier(config, secrets).verify(mintToken('user-7', `${SECRET}!`))).rejects.toThrow('signature');
  });

  it('says as much as a token of the gateway, so that verifying it costs as much', async () => {
    const { token } = await new TokenIssuer(config, secrets).mint({ user: 'user-7', grants: GRANTS });
    const minted = mintToken('user-7', SECRET);
    expect(Object.keys(decodeJwt(minted)).sort()).toEqual(Object.keys(decodeJwt(token)).sort());
    expect(decodeProtectedHeader(minted)).toEqual(decodeProtectedHeader(token));
    expect(minted).toHaveLength(token.length);
  });

  it('makes a new one each time', () => {
    expect(mintToken('user-7', SECRET)).not.toBe(mintToken('user-7', SECRET));
  });
});
