import { CLOSES } from '../protocol/close-codes.js';
import { ERRORS } from '../protocol/error-codes.js';

/** Source text of the client's constants, `client/src/generated/codes.ts`: the registries without what only a server needs. */
export function clientCodes(): string {
  const errors = Object.entries(ERRORS).map(([code, { http, retry }]) => `  ${code}: { http: ${http}, retry: '${retry}' },`);
  const closes = Object.entries(CLOSES).map(([name, { code }]) => `  ${name}: ${code},`);
  return [
    "// Generated from the server's registries by `npm run docs`. Do not edit.",
    '',
    '/** Every code that a reply or a REST answer may carry: its HTTP status, and what a caller may do after it. */',
    'export const ERROR_CODES = {',
    ...errors,
    '} as const;',
    '',
    '/** Code of a reply or a REST answer. */',
    'export type ErrorCode = keyof typeof ERROR_CODES;',
    '',
    '/** Every close code that the gateway sends. */',
    'export const CLOSE_CODES = {',
    ...closes,
    '} as const;',
    '',
    '/** Name of a close code. */',
    'export type CloseName = keyof typeof CLOSE_CODES;',
    '',
  ].join('\n');
}
