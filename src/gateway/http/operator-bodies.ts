import { z } from 'zod';
import { OPERATOR_ROLES } from '../../auth/principal.js';
import { strictly } from './auth-bodies.js';

const LEAST_PASSWORD = 12;
const LONGEST_PASSWORD = 256;
/** `aaaaaaaaaaaa` is long and no password. */
const LEAST_DIFFERENT = 5;

const operatorName = z
  .string('must be text')
  .regex(/^[a-z0-9][a-z0-9._@-]{0,63}$/, 'must be 1 to 64 characters of a-z 0-9 . _ @ -, the first a letter or digit')
  .describe('What the audit trail names: operator:<name>.');
const role = z.enum(OPERATOR_ROLES, `must be one of ${OPERATOR_ROLES.join(', ')}`);
const newPassword = z
  .string('must be text')
  .min(LEAST_PASSWORD, `must be at least ${LEAST_PASSWORD} characters long`)
  .max(LONGEST_PASSWORD, `must be at most ${LONGEST_PASSWORD} characters long`)
  .refine((password) => new Set(password).size >= LEAST_DIFFERENT, `must have at least ${LEAST_DIFFERENT} different characters`);
const anyPassword = z.string('must be text').max(LONGEST_PASSWORD, `must be at most ${LONGEST_PASSWORD} characters long`);

/** Body of `POST ops/session`. Names are compared in lower case. */
export const signInBody = z.strictObject(
  { name: z.string('must be text').max(64, 'must be at most 64 characters long').toLowerCase(), password: anyPassword },
  strictly('name and password'),
);

/** Body of `POST ops/session/password`. */
export const ownPasswordBody = z.strictObject({ password: anyPassword, new_password: newPassword }, strictly('password and new_password'));

/** Body of `POST ops/operators`. */
export const newOperatorBody = z.strictObject({ name: operatorName, role, password: newPassword }, strictly('name, role and password'));

/** Body of `PATCH ops/operators/{name}`. */
export const operatorChangeBody = z
  .strictObject(
    {
      role: role.optional(),
      password: newPassword.optional(),
      disabled: z.boolean('must be true or false').optional().describe('Whether the account lets nobody in.'),
    },
    strictly('role, password and disabled'),
  )
  .refine((change) => Object.keys(change).length > 0, 'must name something to change: role, password or disabled');
