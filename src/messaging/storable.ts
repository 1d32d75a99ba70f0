import { Refusal } from '../protocol/refusal.js';
import type { Draft } from './message.js';

const TEXT_FIELDS = ['topic', 'msgId', 'publisher', 'action', 'dataText', 'trace'] as const;

/**
 * What no log keeps: text that is not Unicode (a lone surrogate would be stored as another character, so two ids could become
 * one) or that holds U+0000, which Postgres text cannot. Escapes inside a payload's JSON text are neither, and are kept.
 */
export function refuseUnstorable(draft: Draft): Refusal | undefined {
  for (const field of TEXT_FIELDS) {
    const value = draft[field];
    if (value === undefined) continue;
    if (value.includes('\0')) return Refusal.badRequest(field, 'must not contain U+0000; in JSON text write it as \\u0000');
    if (!value.isWellFormed()) return Refusal.badRequest(field, 'must be well-formed Unicode, without lone surrogates');
  }
  if (!Number.isSafeInteger(draft.timestamp)) return Refusal.badRequest('timestamp', 'must be whole milliseconds since the epoch');
  return undefined;
}
