import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { type Explanation, Incident, MESSAGE_ID, QUEUE_BYTES, TOPIC } from '../support/incident.js';

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
let incident: Incident;

const data = <T>(path: string): Promise<T> => incident.data(path);
const waybill = (query = ''): Promise<Waybill> => data(`ops/topics/${TOPIC}/messages/${incident.seq}/waybill?${query}`);
const cli = (...argv: readonly string[]): CommandLine =>
  new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', gateway.apiKey, ...argv]);

beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_QUEUE_BYTES: String(QUEUE_BYTES) } });
  incident = await Incident.on(gateway);
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
  ['bob', 'not_subscribed', ['There is no record of a user named bob', 'spelling']],
];

function expectWords(text: string, user: string, words: readonly (string | RegExp)[]): void {
  for (const word of words) {
    const expected = (word instanceof RegExp ? word.source : word).replace('REF', incident.refs.get(user) ?? '-');
    if (word instanceof RegExp) expect(text).toMatch(new RegExp(expected));
    else expect(text).toContain(expected);
  }
}

describe('after an incident', () => {
  it.each(FATES)('REST and the command line say why %s did or did not get it: %s', async (user, outcome, words) => {
    const told = await incident.explain(user);
    expect(told.outcome).toBe(outcome);
    expectWords(told.answer, user, words);
    const line = cli('why', '--user', user, '--topic', TOPIC, '--seq', String(incident.seq));
    expect(await line.exit).toBe(0);
    expect(line.out).toContain(
      `${user}, message ${incident.seq} of ${TOPIC}: ${outcome.toUpperCase().replaceAll('_', ' ')}\n\n${told.answer.slice(0, 40)}`,
    );
    expectWords(line.out, user, words);
    for (const { step } of told.steps) expect(line.out).toContain(step.replaceAll('_', ' '));
    const json = (await cli('--json', 'why', '--user', user, '--message', MESSAGE_ID).json()) as Explanation;
    const chain = ({ outcome: what, steps }: Explanation) => [what, ...steps.map(({ step, result }) => `${step} ${result}`)];
    expect(chain(json)).toEqual(chain(told));
  });

  it('what waited for the stalled phone was said to wait, as long as it was connected', () => {
    expect(incident.meanwhile?.outcome).toBe('queued');
    expect(incident.meanwhile?.answer).toMatch(/^pat has not got it yet: it waits for connection .* KiB wait there, the oldest for \d/);
  });

  it('the waybill accounts for everybody it was owed to, and REST and the command line agree', async () => {
    const told = await waybill();
    expect(told).toMatchObject({
      message: { msg_id: MESSAGE_ID, action: 'order.cancelled', bytes: 12 },
      position: { topic: TOPIC, epoch: incident.epoch, seq: incident.seq, state: 'stored' },
      origin: { publisher: 'key:bootstrap', door: 'rest' },
      ledger: 'receipts',
      nodes: [{ reached: true, receipts: 3, state: 'running' }],
      totals: { acked: 1, not_written: 1, written: 1, fetched: 1 },
    });
    expect(JSON.stringify(told)).not.toContain('"data"');
    const [acceptedAt, storedAt] = [told.origin['accepted_at'], told.origin['stored_at']] as [number, number];
    expect(acceptedAt).toBeGreaterThanOrEqual(incident.storedBetween[0]);
    expect(storedAt).toBeLessThanOrEqual(incident.storedBetween[1] + 1);
    expect(told.recipients.map(({ user, outcome, how }) => [user, outcome, how]).toSorted()).toEqual([
      ['ann', 'acked', 'live'],
      ['eve', 'written', 'recovered'],
      ['nia', 'fetched', undefined],
      ['pat', 'not_written', 'live'],
    ]);
    for (const { user, ref, written_between: span } of told.recipients) {
      if (user !== 'nia') expect(ref).toBe(incident.refs.get(user));
      if (user !== 'ann' || span === undefined) continue;
      expect(span[0]).toBeLessThanOrEqual(incident.storedBetween[1]);
      expect(span[1]).toBeGreaterThanOrEqual(incident.storedBetween[0]);
      expect(span[1]).toBeLessThanOrEqual(Date.now());
    }
    const stripped = ({ as_of: _asOf, ...rest }: Record<string, unknown>) =>
      JSON.stringify(rest, (name, value: unknown) => (name === 'written_between' ? 0 : value));
    const byId = await data<Record<string, unknown>>(`ops/messages/${MESSAGE_ID}/waybill`);
    const byCli = (await cli('--json', 'message', '--topic', TOPIC, '--seq', String(incident.seq)).json()) as Record<string, unknown>;
    expect(stripped(byId)).toBe(stripped(told as never));
    expect(stripped(byCli)).toBe(stripped(told as never));
    const shown = cli('message', MESSAGE_ID);
    expect(await shown.exit).toBe(0);
    for (const [user, outcome] of told.recipients.map((recipient) => [recipient.user, recipient.outcome.replace('_', ' ')]))
      expect(shown.out).toMatch(new RegExp(`^${user} .* ${outcome} `, 'm'));
    expect(shown.out).toMatch(/1 acked/);
  });

  it.each([
    ['pat', '', ['not_written']],
    ['eve', '', ['written']],
    ['nia', '', ['fetched']],
    ['pat', '&outcome=acked', []],
    ['nobody', '', []],
  ])('of the waybill only %s%s', async (user, filter, outcomes) => {
    const { recipients } = await waybill(`user=${user}${filter}`);
    expect(recipients.map((recipient) => [recipient.user, recipient.outcome])).toEqual(outcomes.map((outcome) => [user, outcome]));
  });

  it('the waybill is paged and filtered', async () => {
    const first = await data<Waybill & { next?: string }>(`ops/topics/${TOPIC}/messages/${incident.seq}/waybill?limit=2`);
    expect(first.recipients).toHaveLength(2);
    const rest = await waybill(`limit=2&cursor=${encodeURIComponent(first.next ?? '')}`);
    expect([...first.recipients, ...rest.recipients].map(({ user }) => user).toSorted()).toEqual(['ann', 'eve', 'nia', 'pat']);
    for (const outcome of ['acked', 'written', 'not_written', 'fetched', 'dropped']) {
      const { recipients } = await waybill(`outcome=${outcome}`);
      expect(recipients.map((recipient) => recipient.outcome)).toEqual(outcome === 'dropped' ? [] : [outcome]);
    }
  });
});
