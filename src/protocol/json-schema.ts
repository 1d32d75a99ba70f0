import { LIMITS } from './limits.js';

/** A JSON schema as the documents carry it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export const MILLISECONDS: JsonSchema = { type: 'integer', description: 'Milliseconds since the epoch.' };
export const TOPIC: JsonSchema = { type: 'string', description: 'Name of a topic; $user.<id> and $all are the server’s.' };
export const EPOCH: JsonSchema = { type: 'string', description: 'Changes only if the log of the topic was lost or reset.' };
export const SEQ: JsonSchema = {
  type: 'integer',
  minimum: 1,
  description: 'Position in the log: rises by one, without holes, within an epoch.',
};
export const HEAD: JsonSchema = { type: 'integer', minimum: 0, description: 'Highest seq; 0 when empty.' };
export const MSG_ID: JsonSchema = { type: 'string', minLength: 1, maxLength: LIMITS.msgIdLength };
export const ACTION: JsonSchema = { type: 'string', minLength: 1, maxLength: LIMITS.actionLength };
export const TEXT: JsonSchema = { type: 'string' };
/** Any JSON value. */
export const ANYTHING: JsonSchema = {};

/** An object with these members; those whose name ends in `?` may be absent. */
export function shape(members: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const properties = Object.fromEntries(Object.entries(members).map(([name, schema]) => [name.replace(/\?$/, ''), schema]));
  const required = Object.keys(members).filter((name) => !name.endsWith('?'));
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) };
}

export function listOf(items: JsonSchema, maxItems?: number): JsonSchema {
  return { type: 'array', items, ...(maxItems === undefined ? {} : { maxItems }) };
}
