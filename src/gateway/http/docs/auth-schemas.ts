import type { SchemaObject } from '@nestjs/swagger';
import { z } from 'zod';
import { SCOPES } from '../../../auth/principal.js';
import { mintBody, newKeyBody, rotateBody } from '../auth-bodies.js';
import { object } from './schemas.js';

export const MINT_BODY = documented(mintBody);
export const NEW_KEY_BODY = documented(newKeyBody);
export const ROTATE_BODY = documented(rotateBody);

const MOMENT: SchemaObject = { type: 'integer', description: 'Milliseconds since the epoch.' };
const TEXT: SchemaObject = { type: 'string' };
const SCOPE_LIST: SchemaObject = { type: 'array', items: { type: 'string', enum: [...SCOPES] } };
const KEY_MEMBERS = {
  id: { type: 'string', format: 'uuid' },
  name: TEXT,
  scopes: SCOPE_LIST,
  created_at: MOMENT,
  expires_at: MOMENT,
  last_used_at: MOMENT,
  last_used_from: { type: 'string', description: 'Address of that use.' },
  previous_until: { type: 'integer', description: 'Until when the secret before the last rotation works, milliseconds since the epoch.' },
  revoked_at: MOMENT,
};
const KEY_REQUIRED = ['id', 'name', 'scopes', 'created_at'];

export const TOKEN = object({ token: TEXT, expires_at: MOMENT }, ['token', 'expires_at']);
export const TICKET = object({ ticket: TEXT, expires_at: MOMENT }, ['ticket', 'expires_at']);
export const CHECKED = object(
  {
    kind: { type: 'string', enum: ['user', 'api_key', 'operator'] },
    user: TEXT,
    roles: { type: 'array', items: TEXT },
    scopes: SCOPE_LIST,
    expires_at: MOMENT,
  },
  ['kind', 'roles', 'scopes'],
);
export const MADE_KEY = object({ ...KEY_MEMBERS, key: TEXT }, [...KEY_REQUIRED, 'key']);
export const KEYS = object({ items: { type: 'array', items: object(KEY_MEMBERS, KEY_REQUIRED) }, as_of: MOMENT }, ['items', 'as_of']);
export const REVOKED_KEY = object({ id: TEXT }, ['id']);

export function documented(schema: z.ZodType): SchemaObject {
  return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as SchemaObject;
}
