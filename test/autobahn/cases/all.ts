import type { AutobahnCase } from '../case.js';
import { AUTO_FRAGMENTATION } from './auto-fragmentation.js';
import { CLOSING } from './closing.js';
import { FRAGMENTATION } from './fragmentation.js';
import { FRAMING } from './framing.js';
import { OPCODES } from './opcodes.js';
import { PINGS } from './pings.js';
import { RESERVED_BITS } from './reserved-bits.js';
import { UTF8 } from './utf8.js';

/** How many cases a group has in the Autobahn test suite, and what it is about. */
export const GROUPS: readonly { readonly group: string; readonly subject: string; readonly cases: number }[] = [
  { group: '1', subject: 'framing', cases: 16 },
  { group: '2', subject: 'pings and pongs', cases: 11 },
  { group: '3', subject: 'reserved bits', cases: 7 },
  { group: '4', subject: 'opcodes', cases: 10 },
  { group: '5', subject: 'fragmentation', cases: 20 },
  { group: '6', subject: 'UTF-8', cases: 145 },
  { group: '7', subject: 'closing', cases: 37 },
  { group: '9', subject: 'limits', cases: 54 },
  { group: '10', subject: 'automatic fragmentation', cases: 1 },
];

/** Groups 1 to 7 and 10. */
export const CORE_CASES: readonly AutobahnCase[] = [
  ...FRAMING,
  ...PINGS,
  ...RESERVED_BITS,
  ...OPCODES,
  ...FRAGMENTATION,
  ...UTF8,
  ...CLOSING,
  ...AUTO_FRAGMENTATION,
];

export const groupOf = (id: string): string => id.slice(0, id.indexOf('.'));
