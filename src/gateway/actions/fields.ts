import { isRecord } from '../../protocol/envelope.js';
import { Refusal } from '../../protocol/refusal.js';

/** Readers of an action's `data`: each names the field that is wrong. Unknown fields are ignored. */
export type Fields = Readonly<Record<string, unknown>>;

export function requireFields(data: unknown): Fields {
  if (!isRecord(data)) throw Refusal.badRequest('data', 'must be an object');
  return data;
}

export function requireText(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw Refusal.badRequest(field, 'must be a string, not empty');
  return value;
}

/** A whole number from `least` to 2^53-1; larger ones would silently become others. */
export function requireCount(value: unknown, field: string, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw Refusal.badRequest(field, `must be a whole number of at least ${least}`);
}

export function optionalCount(value: unknown, field: string, least: number): number | undefined {
  return value === undefined ? undefined : requireCount(value, field, least);
}

export function optionalFlag(value: unknown, field: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw Refusal.badRequest(field, 'must be true or false');
}
