import type { SchemaObject } from '@nestjs/swagger';
import { z } from 'zod';
import { blockBody, revocationBody } from '../revocation-bodies.js';
import { object } from './schemas.js';

export const REVOCATION_BODY = documented(revocationBody);
export const BLOCK_BODY = documented(blockBody);

const MOMENT: SchemaObject = { type: 'integer', description: 'Milliseconds since the epoch.' };
const TEXT: SchemaObject = { type: 'string' };
const NEXT: SchemaObject = { type: 'string', description: 'Cursor of the next page; absent on the last one.' };
const MADE = { reason: TEXT, created_by: TEXT, created_at: MOMENT };

export const REVOCATION = object(
  {
    id: { type: 'string', format: 'uuid' },
    kind: { type: 'string', enum: ['token', 'user', 'everyone', 'renewed'] },
    token_id: TEXT,
    user: TEXT,
    issued_before: MOMENT,
    ...MADE,
    effective_at: MOMENT,
    expires_at: { ...MOMENT, description: 'When no such token can be good any more, and the revocation is forgotten.' },
  },
  ['id', 'kind', 'reason', 'created_by', 'created_at', 'effective_at', 'expires_at'],
);
export const BLOCK = object({ user: TEXT, ...MADE, expires_at: { ...MOMENT, description: 'Absent: until it is taken back.' } }, [
  'user',
  'reason',
  'created_by',
  'created_at',
]);
export const REVOCATIONS = page(REVOCATION);
export const BLOCKS = page(BLOCK);

function page(item: SchemaObject): SchemaObject {
  return object({ items: { type: 'array', items: item }, next: NEXT, as_of: MOMENT }, ['items', 'as_of']);
}

function documented(schema: z.ZodType): SchemaObject {
  return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as SchemaObject;
}
