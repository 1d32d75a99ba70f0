import fc from 'fast-check';
import { constants, deflateRawSync } from 'node:zlib';
import { clientFrame } from '../support/raw-websocket.js';

const ACTIONS = [
  'ping',
  'auth',
  'auth.refresh',
  'topic.subscribe',
  'topic.unsubscribe',
  'topic.publish',
  'topic.ack',
  'topic.history',
  'topic.presence',
  'resume',
  'user.send',
  'no.such',
];
const FIELDS = ['topic', 'topics', 'data', 'token', 'seq', 'epoch', 'after', 'limit', 'user', 'action', 'session'];
const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 2 ** 31, 2 ** 32 + 1, 2 ** 53];

const name = fc.oneof(
  fc.constantFrom('fuzz.a', 'fuzz.b', '$all', '$user.fuzz', '$user.other', '', 'a b', '*'),
  fc.string({ maxLength: 20 }),
);
const leaf = fc.oneof(name, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const data = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('value'), { maxLength: 4 }), tie('object')),
  object: fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS), fc.string({ maxLength: 8 })), tie('value'), { maxKeys: 5 }),
}));

/** Frames that a client of this protocol could send, rightly or not. */
const command = fc
  .record(
    {
      version: fc.constantFrom('1', '2'),
      msg_id: fc.string({ maxLength: 70 }),
      action: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...ACTIONS) }, { weight: 1, arbitrary: fc.string({ maxLength: 70 }) }),
      data: data.value,
      trace: fc.string({ maxLength: 60 }),
    },
    { requiredKeys: ['action'] },
  )
  .map((frame) => Buffer.from(JSON.stringify(frame)));

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const closePayload = fc
  .tuple(fc.integer({ min: 0, max: 65_535 }), fc.string({ maxLength: 130 }))
  .map(([code, reason]) => Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]));
const payload = fc.oneof({ weight: 4, arbitrary: command }, { weight: 2, arbitrary: bytes }, { weight: 1, arbitrary: closePayload });

const rightFrame = command.map((body) => clientFrame(1, body));
const compressedFrame = fc
  .tuple(fc.oneof(command, fc.constant(Buffer.alloc(2_000_000))), fc.boolean())
  .map(([body, fin]) => clientFrame(1, deflateRawSync(body, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4), { rsv: 4, fin }));
const oddFrame = fc
  .record({
    opcode: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(0, 1, 2, 8, 9, 10) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 15 }) },
    ),
    body: payload,
    fin: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    masked: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    rsv: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 7 }) }),
    length: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...SIZES) }),
  })
  .map(({ opcode, body, fin, masked, rsv, length }) =>
    clientFrame(opcode, body, { fin, masked, rsv, ...(length === undefined ? {} : { length }) }),
  );

/** One byte changed, put in, taken away, or everything from there on. */
const damage = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('change', 'insert', 'remove', 'cut'),
  value: fc.integer({ min: 0, max: 255 }),
});
type Damage = typeof damage extends fc.Arbitrary<infer Value> ? Value : never;

function damaged(whole: Buffer, { at, kind, value }: Damage): Buffer {
  if (whole.length === 0) return whole;
  const index = at % whole.length;
  const before = whole.subarray(0, index);
  if (kind === 'cut') return before;
  if (kind === 'insert') return Buffer.concat([before, Buffer.of(value), whole.subarray(index)]);
  const after = whole.subarray(index + 1);
  return kind === 'remove' ? Buffer.concat([before, after]) : Buffer.concat([before, Buffer.of(value), after]);
}

function pieces(whole: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const bounds = [...new Set([0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length])].sort((a, b) => a - b);
  return bounds.slice(1).map((end, index) => whole.subarray(bounds[index], end));
}

/** What a client writes after its handshake, in the pieces in which it writes it. */
export const frameWrites: fc.Arbitrary<readonly Buffer[]> = fc
  .record({
    frames: fc.array(
      fc.oneof({ weight: 2, arbitrary: rightFrame }, { weight: 4, arbitrary: oddFrame }, { weight: 1, arbitrary: compressedFrame }),
      { minLength: 1, maxLength: 8 },
    ),
    damages: fc.array(damage, { maxLength: 2 }),
    cuts: fc.array(fc.nat(), { maxLength: 6 }),
  })
  .map(({ frames, damages, cuts }) => {
    let whole: Buffer = Buffer.concat(frames);
    for (const one of damages) whole = damaged(whole, one);
    return pieces(whole, cuts);
  });

/** A request for an upgrade of which a few bytes are wrong. */
export function requestWrites(request: string): fc.Arbitrary<readonly Buffer[]> {
  return fc
    .record({ damages: fc.array(damage, { minLength: 1, maxLength: 4 }), cuts: fc.array(fc.nat(), { maxLength: 4 }) })
    .map(({ damages, cuts }) => pieces(damages.reduce<Buffer>(damaged, Buffer.from(request, 'latin1')), cuts));
}
