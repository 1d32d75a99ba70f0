import { createHash } from 'node:crypto';
import type { Random } from '../rig/random.js';

/** Members whose text must come back as it went: what `jsonb` refuses or rewrites, what UTF-16 allows and UTF-8 does not. */
const ODD_VALUES = [
  '"\\u0000"',
  '"before\\u0000after"',
  '"\\ud800"',
  '"\\udc00 alone"',
  '"\\ud83d\\ude42"',
  '"🙂 ä \\u00e4"',
  '1.50',
  '-0',
  '1e400',
  '12345678901234567890',
  '3.141592653589793238462643',
  'null',
  '[]',
  '{"":{"deep":[[[[[1]]]]]}}',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
];

/** The payload's JSON text of a publisher's nth message; with `bytes`, a plain one of about that size. */
export function payloadText(publisher: string, order: number, random: Random, bytes?: number): string {
  if (bytes !== undefined) return `{"by":"${publisher}","n":${order},"even":"${'x'.repeat(bytes)}"}`;
  const odd = random.chance(0.5) ? random.pick(ODD_VALUES) : `"${'x'.repeat(random.below(120))}"`;
  return `{"by":"${publisher}","n":${order},"odd":${odd}}`;
}

/** Who a payload says it is from. */
export function publisherOf(payload: unknown): string {
  const by = (payload as { readonly by?: unknown } | null)?.by;
  return typeof by === 'string' ? by : 'nobody of this test';
}

/** Tells whether two JSON texts say the same, spelling of numbers and strings included. */
export function hashOf(payload: string): string {
  return createHash('sha256')
    .update(JSON.stringify(withSources(payload)))
    .digest('base64url')
    .slice(0, 22);
}

/** The hash of the `data` of an envelope. */
export function dataHash(envelope: string): string {
  const { data } = withSources(envelope) as { readonly data?: unknown };
  return createHash('sha256').update(JSON.stringify(data)).digest('base64url').slice(0, 22);
}

/** Parses, with each number and string as the text that it was written as. */
export function withSources(text: string): unknown {
  const reviver = (_key: string, value: unknown, context: { readonly source?: string }): unknown => context.source ?? value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}
