import { type AutobahnCase, BY_US, binaryEvent, type Step, textEvent } from '../case.js';
import { binary, chopped, fragmented, text } from '../frames.js';

type Kind = 'text' | 'binary';

const KIB = 1_024;
const MIB = 1_024 * KIB;
const LIMIT_MS = 100_000;
const ROUND_TRIPS = 1_000;

const frameOf = (kind: Kind, payload: Buffer): Buffer => (kind === 'text' ? text(payload) : binary(payload));
const eventOf = (kind: Kind, payload: Buffer): AutobahnCase['expected'][number] =>
  kind === 'text' ? textEvent(payload) : binaryEvent(payload);
const repeated = (pattern: string, length: number): Buffer => Buffer.alloc(length, pattern);

function echoed(id: string, input: string, kind: Kind, payload: Buffer, steps: readonly Step[]): AutobahnCase {
  return { id, input, steps, expected: [eventOf(kind, payload)], end: BY_US, limitMs: LIMIT_MS };
}

/** 9.1, 9.2: one frame of growing size. */
function sizes(group: string, kind: Kind, lengths: readonly number[]): readonly AutobahnCase[] {
  return lengths.map((length, index) => {
    const payload = repeated(kind === 'text' ? 'BAsd7&jh23' : '\u0000\u007f\u0001\u0002', length);
    return echoed(`${group}.${index + 1}`, `${kind} of ${length} bytes`, kind, payload, [frameOf(kind, payload)]);
  });
}

/** 9.3, 9.4: 4 MiB in fragments of growing size. */
function fragments(group: string, kind: Kind): readonly AutobahnCase[] {
  const payload = repeated('*', 4 * MIB);
  return [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB].map((size, index) =>
    echoed(`${group}.${index + 1}`, `${kind} of 4 MiB in fragments of ${size} bytes`, kind, payload, [
      Buffer.concat(fragmented(kind, payload, size)),
    ]),
  );
}

/** 9.5, 9.6: 1 MiB in writes of growing size. */
function writes(group: string, kind: Kind): readonly AutobahnCase[] {
  const payload = repeated('BAsd7&jh23', MIB);
  return [64, 128, 256, 512, KIB, 2 * KIB].map((size, index) =>
    echoed(`${group}.${index + 1}`, `${kind} of 1 MiB in writes of ${size} bytes`, kind, payload, chopped(size, frameOf(kind, payload))),
  );
}

/** 9.7, 9.8: a thousand messages, one after the other's echo. */
function roundTrips(group: string, kind: Kind): readonly AutobahnCase[] {
  return [0, 16, 64, 256, KIB, 4 * KIB].map((length, index): AutobahnCase => {
    const payload = Buffer.alloc(length, kind === 'text' ? '*' : 0xfe);
    const frame = frameOf(kind, payload);
    return {
      id: `${group}.${index + 1}`,
      input: `${ROUND_TRIPS} times ${kind} of ${length} bytes`,
      steps: Array.from({ length: ROUND_TRIPS }, (_, sent): readonly Step[] => [frame, { untilEvents: sent + 1 }]).flat(),
      expected: Array.from({ length: ROUND_TRIPS }, () => eventOf(kind, payload)),
      end: BY_US,
      limitMs: LIMIT_MS,
    };
  });
}

const TEXT_LENGTHS = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB];

/** 9: sizes and counts beyond what this gateway takes by default; made when asked for, since they hold many megabytes. */
export function limitCases(): readonly AutobahnCase[] {
  return [
    ...sizes('9.1', 'text', TEXT_LENGTHS),
    ...sizes('9.2', 'binary', TEXT_LENGTHS),
    ...fragments('9.3', 'text'),
    ...fragments('9.4', 'binary'),
    ...writes('9.5', 'text'),
    ...writes('9.6', 'binary'),
    ...roundTrips('9.7', 'text'),
    ...roundTrips('9.8', 'binary'),
  ];
}
