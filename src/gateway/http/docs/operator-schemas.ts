import type { SchemaObject } from '@nestjs/swagger';
import { OPERATOR_ROLES } from '../../../auth/principal.js';
import { newOperatorBody, operatorChangeBody, ownPasswordBody, signInBody } from '../operator-bodies.js';
import { documented } from './auth-schemas.js';
import { object } from './schemas.js';

export const SIGN_IN_BODY = documented(signInBody);
export const OWN_PASSWORD_BODY = documented(ownPasswordBody);
export const NEW_OPERATOR_BODY = documented(newOperatorBody);
export const OPERATOR_CHANGE_BODY = documented(operatorChangeBody);

const MOMENT: SchemaObject = { type: 'integer', description: 'Milliseconds since the epoch.' };
const NEXT: SchemaObject = { type: 'string', description: 'Cursor of the next page; absent on the last.' };
const NAME: SchemaObject = { type: 'string' };
const ROLE: SchemaObject = { type: 'string', enum: [...OPERATOR_ROLES] };

export const SESSION = object(
  {
    name: NAME,
    role: ROLE,
    csrf_token: { type: 'string', description: 'To be sent as X-CSRF-Token with everything but GET.' },
    expires_at: { type: 'integer', description: 'When the session ends at the latest, milliseconds since the epoch.' },
    idle_at: { type: 'integer', description: 'When it ends if it is not used again, milliseconds since the epoch.' },
  },
  ['name', 'role', 'csrf_token', 'expires_at', 'idle_at'],
);
export const ENDED_SESSION = object({ name: NAME }, ['name']);
export const OPERATOR = object(
  { name: NAME, role: ROLE, disabled: { type: 'boolean' }, created_at: MOMENT, disabled_at: MOMENT, last_login_at: MOMENT },
  ['name', 'role', 'disabled', 'created_at'],
);
export const OPERATORS = object({ items: { type: 'array', items: OPERATOR }, as_of: MOMENT, next: NEXT }, ['items', 'as_of']);
export const REMOVED_OPERATOR = object({ name: NAME }, ['name']);
