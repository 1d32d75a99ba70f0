import type { SchemaObject } from '@nestjs/swagger';
import { z } from 'zod';
import { DEVICE_KEY_KINDS } from '../../../auth/devices/device-key.entity.js';
import { deviceTokenBody, newDeviceBody, newDeviceKeyBody } from '../device-bodies.js';
import { object } from './schemas.js';

export const NEW_DEVICE_BODY = documented(newDeviceBody);
export const NEW_DEVICE_KEY_BODY = documented(newDeviceKeyBody);
export const DEVICE_TOKEN_BODY = documented(deviceTokenBody);

const TEXT: SchemaObject = { type: 'string' };
const TEXTS: SchemaObject = { type: 'array', items: TEXT };
const MOMENT: SchemaObject = { type: 'integer', description: 'Milliseconds since the epoch.' };

const KEY = object(
  {
    id: { type: 'string', format: 'uuid' },
    kind: { type: 'string', enum: [...DEVICE_KEY_KINDS] },
    public_key: { type: 'string', description: 'Of ed25519: 32 bytes, base64url.' },
    version: { type: 'string', enum: ['current', 'previous', 'expired'] },
    created_at: MOMENT,
    expires_at: MOMENT,
  },
  ['id', 'kind', 'version', 'created_at'],
);

const DEVICE_MEMBERS = {
  id: TEXT,
  user: TEXT,
  roles: TEXTS,
  topics: object({ subscribe: TEXTS, publish: TEXTS }, ['subscribe', 'publish']),
  users: object({ send: TEXTS }, ['send']),
  broadcast: { type: 'boolean' },
  state: { type: 'string', enum: ['active', 'disabled'] },
  created_at: MOMENT,
  disabled_at: MOMENT,
  last_seen_at: { ...MOMENT, description: 'Last good answer, to about a minute; milliseconds since the epoch.' },
  keys: { type: 'array', items: KEY, description: 'Newest first.' },
} as const satisfies Readonly<Record<string, SchemaObject>>;
const DEVICE_REQUIRED = ['id', 'user', 'roles', 'topics', 'users', 'broadcast', 'state', 'created_at', 'keys'];

export const DEVICE = object(DEVICE_MEMBERS, DEVICE_REQUIRED);
export const MADE_DEVICE = object(
  { ...DEVICE_MEMBERS, secret: { type: 'string', description: 'Of hmac: the shared key, 32 bytes in base64url. It is shown this once.' } },
  DEVICE_REQUIRED,
);
export const DEVICES = object(
  {
    items: { type: 'array', items: DEVICE },
    as_of: MOMENT,
    next: { type: 'string', description: 'Cursor of the next page; absent on the last.' },
  },
  ['items', 'as_of'],
);
export const REMOVED_DEVICE = object({ id: TEXT }, ['id']);
export const CHALLENGE = object(
  {
    version: { type: 'string', enum: ['1'] },
    server: TEXT,
    connection: { type: 'string', enum: ['rest'] },
    purpose: { type: 'string', enum: ['token'] },
    nonce: TEXT,
    expires_at: MOMENT,
  },
  ['version', 'server', 'connection', 'purpose', 'nonce', 'expires_at'],
);

function documented(schema: z.ZodType): SchemaObject {
  return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as SchemaObject;
}
