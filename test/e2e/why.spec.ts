import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

const TOPIC = 'orders.42';
const FILLER = 'pictures.pat';
/** Beyond it a connection is ended with 4408. */
const QUEUE_BYTES = 262_144;
const FILLER_BYTES = 48_000;
const MOST_FILLERS = 1_000;
const STUCK_BYTES = 96_000;
const HESITATION_MS = 200;

interface Explanation {
  readonly answer: string;
  readonly outcome: string;
  readonly steps: readonly { readonly step: string; readonly result: string; readonly detail: string; readonly at?: number }[];
}
interface Recipient {
  readonly user: string;
  readonly outcome: string;
  readonly connection_id?: string;
  readonly ref?: string;
  readonly how?: string;
  readonly written_between?: readonly [number, number];
}
interface Waybill {
  readonly message: Readonly<Record<string, unknown>>;
  readonly position: { readonly epoch: string };
  readonly origin: Readonly<Record<string, unknown>>;
  readonly nodes: readonly { readonly reached: boolean; readonly receipts: number }[];
  readonly totals: Readonly<Record<string, number>>;
  readonly recipients: readonly Recipient[];
}

let gateway: TestGateway;
/** Where the message stands that everything is about. */
let seq = 0;
let epoch = '';
let storedBetween: [number, number] = [0, 0];
/** What is said of the stalled phone while it is connected. */
let meanwhile: Explanation;
const refs = new Map<string, string>();

async function data<T>(path: string): Promise<T> {
  const { status, body } = await gateway.rest('GET', `/api/v1/${path}`);
  if (status !== 200) throw new Error(`${path}: ${status} ${body.message}`);
  return body.data;
}
const explain = (user: string, place = `topic=${TOPIC}&seq=${seq}`): Promise<Explanation> =>
  data(`ops/explain?user=${encodeURIComponent(user)}&${place}`);
const waybill = (query = ''): Promise<Waybill> => data(`ops/topics/${TOPIC}/messages/${seq}/waybill?${query}`);
const cli = (...argv: readonly string[]): CommandLine =>
  new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', gateway.apiKey, ...argv]);
const publish = async (
  topic: string,
  action: string,
  payload: unknown,
  msgId?: string,
): Promise<{ readonly epoch: string; readonly seq: number }> => {
  const { status, body } = await gateway.rest('POST', `/api/v1/topics/${topic}/messages`, { action, data: payload, msg_id: msgId });
  expect(status).toBe(201);
  return body.data;
};

const welcomeOf = (socket: TestSocket) =>
  (socket.frames[0] as { readonly data: { readonly connection_id: string; readonly ref: string } }).data;

async function connect(user: string, grants?: object): Promise<TestSocket> {
  const socket = await TestSocket.connect(gateway.port, await gateway.token(user, grants));
  refs.set(user, welcomeOf(socket).ref);
  return socket;
}
const idOf = (socket: TestSocket): string => welcomeOf(socket).connection_id;
const subscribe = (socket: TestSocket, ...topics: readonly object[]) => socket.request('topic.subscribe', { topics });

/** Sends a client that does not read more than the kernel takes; answers once something waits for it here. */
async function fillUntil(isEnough: () => Promise<boolean>): Promise<void> {
  const payload = 'x'.repeat(FILLER_BYTES);
  for (let sent = 0; sent < MOST_FILLERS; sent += 1) {
    if (await isEnough()) return;
    await publish(FILLER, 'picture.taken', payload);
  }
  throw new Error('the kernel took everything');
}

/** Whether so much waits for a connection that no more than a moment's hesitation of the kernel explains it. */
async function isStuck(socket: TestSocket): Promise<boolean> {
  const waiting = async () => (await data<{ queued_bytes: number }>(`ops/connections/${idOf(socket)}`)).queued_bytes;
  if ((await waiting()) < STUCK_BYTES) return false;
  await delay(HESITATION_MS);
  return (await waiting()) >= STUCK_BYTES;
}

/** The incident. Seven users, one message, seven fates. */
async function incident(): Promise<void> {
  const [ann, pat, rob, eve, kim, max] = await Promise.all([
    connect('ann'),
    connect('pat'),
    connect('rob', { topics: { subscribe: ['chat.*'] } }),
    connect('eve'),
    connect('kim'),
    connect('max'),
  ]);
  await subscribe(ann, { topic: TOPIC, ack: true });
  for (const socket of [eve, kim, max]) await subscribe(socket, { topic: TOPIC });
  await subscribe(pat, { topic: TOPIC }, { topic: FILLER });
  await subscribe(rob, { topic: TOPIC });
  const first = await publish(TOPIC, 'order.submitted', { order: 42 });
  for (const socket of [ann, pat, eve, kim, max]) await socket.untilMessages(TOPIC, 1);

  await eve.close();
  await gateway.rest('DELETE', `/api/v1/ops/connections/${idOf(kim)}`);
  await kim.closed;
  await gateway.rest('POST', '/api/v1/auth/blocks', { user: 'max', reason: 'flooding' });
  await max.closed;
  pat.socket.pause();
  await fillUntil(() => isStuck(pat));

  storedBetween = [Date.now(), 0];
  ({ seq, epoch } = await publish(TOPIC, 'order.cancelled', { order: 42 }, 'cancel-42'));
  storedBetween[1] = Date.now();
  await ann.untilMessages(TOPIC, 2);
  ann.send({ action: 'topic.ack', data: { topic: TOPIC, seq } });
  await ann.request('ping');
  meanwhile = await explain('pat');
  await fillUntil(async () => (await gateway.rest('GET', `/api/v1/ops/connections/${idOf(pat)}`)).body.data['state'] === 'closed');
  pat.socket.terminate();

  const back = await connect('eve');
  await subscribe(back, { topic: TOPIC, epoch: first.epoch, seq: first.seq });
  await back.untilMessages(TOPIC, 1);
  const nia = await gateway.token('nia');
  await gateway.rest('GET', `/api/v1/topics/${TOPIC}/messages?after=${first.seq}`, undefined, { authorization: `Bearer ${nia}` });
}

beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_QUEUE_BYTES: String(QUEUE_BYTES) } });
  await incident();
}, 60_000);
afterAll(() => gateway.stop());

/** Who, what became of it, and words of the answer; `REF` stands for the user's connection. */
const FATES: readonly [string, string, readonly (string | RegExp)[]][] = [
  ['ann', 'acked', ['ann was given it', 'connection REF on node', 'The client acknowledged it']],
  [
    'pat',
    'not_written',
    [
      'pat did not get it on connection REF',
      '4408 (slow consumer)',
      'before the message could be written',
      'resumes from its last position',
    ],
  ],
  [
    'rob',
    'not_subscribed',
    ['They were connected (REF)', 'their subscribe to orders.42 was refused at', 'claims.topics.subscribe does not cover it'],
  ],
  ['eve', 'written', ['eve was away when it was stored', 'and caught up', 'connection REF', 'from history']],
  ['kim', 'not_subscribed', [/last connection, REF, ended at .* with 4400 \(disconnected by an operator\), by key:bootstrap/]],
  ['max', 'not_subscribed', ['4503', 'max has been blocked since', 'by key:bootstrap (flooding)', 'waybill unblock max']],
  ['nia', 'fetched', ['nia read it from history at', 'by REST', 'They were not subscribed']],
  ['bob', 'not_subscribed', ['No record of a user bob exists', 'spelling']],
];

function expectWords(text: string, user: string, words: readonly (string | RegExp)[]): void {
  for (const word of words) {
    const expected = (word instanceof RegExp ? word.source : word).replace('REF', refs.get(user) ?? '-');
    if (word instanceof RegExp) expect(text).toMatch(new RegExp(expected));
    else expect(text).toContain(expected);
  }
}

describe('after an incident', () => {
  it.each(FATES)('REST and the command line say why %s did or did not get it: %s', async (user, outcome, words) => {
    const told = await explain(user);
    expect(told.outcome).toBe(outcome);
    expectWords(told.answer, user, words);
    const line = cli('why', '--user', user, '--topic', TOPIC, '--seq', String(seq));
    expect(await line.exit).toBe(0);
    expect(line.out).toContain(
      `${user}, message ${seq} of ${TOPIC}: ${outcome.toUpperCase().replaceAll('_', ' ')}\n\n${told.answer.slice(0, 40)}`,
    );
    expectWords(line.out, user, words);
    for (const { step } of told.steps) expect(line.out).toContain(step.replaceAll('_', ' '));
    const json = (await cli('--json', 'why', '--user', user, '--message', 'cancel-42').json()) as Explanation;
    const chain = ({ outcome: what, steps }: Explanation) => [what, ...steps.map(({ step, result }) => `${step} ${result}`)];
    expect(chain(json)).toEqual(chain(told));
  });

  it('what waited for the stalled phone was said to wait, as long as it was connected', () => {
    expect(meanwhile.outcome).toBe('queued');
    expect(meanwhile.answer).toMatch(/^pat has not got it yet: it waits for connection .* KiB wait there, the oldest for \d/);
  });

  it('the waybill accounts for everybody it was owed to, and REST and the command line agree', async () => {
    const told = await waybill();
    expect(told).toMatchObject({
      message: { msg_id: 'cancel-42', action: 'order.cancelled', bytes: 12 },
      position: { topic: TOPIC, epoch, seq, state: 'stored' },
      origin: { publisher: 'key:bootstrap', door: 'rest' },
      ledger: 'receipts',
      nodes: [{ reached: true, receipts: 3, state: 'running' }],
      totals: { acked: 1, not_written: 1, written: 1, fetched: 1 },
    });
    expect(JSON.stringify(told)).not.toContain('"data"');
    const [acceptedAt, storedAt] = [told.origin['accepted_at'], told.origin['stored_at']] as [number, number];
    expect(acceptedAt).toBeGreaterThanOrEqual(storedBetween[0]);
    expect(storedAt).toBeLessThanOrEqual(storedBetween[1] + 1);
    expect(told.recipients.map(({ user, outcome, how }) => [user, outcome, how]).toSorted()).toEqual([
      ['ann', 'acked', 'live'],
      ['eve', 'written', 'recovered'],
      ['nia', 'fetched', undefined],
      ['pat', 'not_written', 'live'],
    ]);
    for (const { user, ref, written_between: span } of told.recipients) {
      if (user !== 'nia') expect(ref).toBe(refs.get(user));
      if (user !== 'ann' || span === undefined) continue;
      expect(span[0]).toBeLessThanOrEqual(storedBetween[1]);
      expect(span[1]).toBeGreaterThanOrEqual(storedBetween[0]);
      expect(span[1]).toBeLessThanOrEqual(Date.now());
    }
    const stripped = ({ as_of: _asOf, ...rest }: Record<string, unknown>) =>
      JSON.stringify(rest, (name, value: unknown) => (name === 'written_between' ? 0 : value));
    const byId = await data<Record<string, unknown>>(`ops/messages/cancel-42/waybill`);
    const byCli = (await cli('--json', 'message', '--topic', TOPIC, '--seq', String(seq)).json()) as Record<string, unknown>;
    expect(stripped(byId)).toBe(stripped(told as never));
    expect(stripped(byCli)).toBe(stripped(told as never));
    const shown = cli('message', 'cancel-42');
    expect(await shown.exit).toBe(0);
    for (const [user, outcome] of told.recipients.map((recipient) => [recipient.user, recipient.outcome.replace('_', ' ')]))
      expect(shown.out).toMatch(new RegExp(`^${user} .* ${outcome} `, 'm'));
    expect(shown.out).toMatch(/1 acked/);
  });

  it('the waybill is paged and filtered', async () => {
    const first = await data<Waybill & { next?: string }>(`ops/topics/${TOPIC}/messages/${seq}/waybill?limit=2`);
    expect(first.recipients).toHaveLength(2);
    const rest = await waybill(`limit=2&cursor=${encodeURIComponent(first.next ?? '')}`);
    expect([...first.recipients, ...rest.recipients].map(({ user }) => user).toSorted()).toEqual(['ann', 'eve', 'nia', 'pat']);
    for (const outcome of ['acked', 'written', 'not_written', 'fetched', 'dropped']) {
      const { recipients } = await waybill(`outcome=${outcome}`);
      expect(recipients.map((recipient) => recipient.outcome)).toEqual(outcome === 'dropped' ? [] : [outcome]);
    }
  });
});
