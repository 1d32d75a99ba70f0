import { setTimeout as delay } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { CommandLine } from '../support/command-line.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { type Explanation, Incident, MESSAGE_ID, QUEUE_BYTES, TOPIC } from '../support/incident.js';
import { Program } from '../support/program.js';
import type { TestSocket } from '../support/socket.js';
import { OperatorBrowser } from './operator-browser.js';

const PLACE = encodeURIComponent(TOPIC);
/** Of key sets that nobody serves: a part of the gateway that is degraded from its start. */
const NOWHERE = 'http://127.0.0.1:9/jwks.json';

let gateway: TestGateway;
let browser: Browser;
let operator: OperatorBrowser;
let incident: Incident;
let stalled: TestSocket;

/** What the screen says now, in one line. */
async function said(): Promise<string> {
  return (await operator.page.locator('#content').innerText()).replaceAll(/\s+/g, ' ');
}
/** The screen, once it says this: figures come a moment after headings. */
async function screenSaying(path: string, ...words: readonly string[]): Promise<string> {
  await operator.settle(path);
  for (const word of words) await operator.page.locator('#content').getByText(word, { exact: false }).first().waitFor({ timeout: 10_000 });
  return said();
}
const rest = <T>(path: string): Promise<T> => incident.data<T>(path);
async function cli<T = Record<string, never>>(...argv: readonly string[]): Promise<T> {
  const line = new CommandLine(['--url', operator.origin, '--api-key', gateway.apiKey, '--json', ...argv]);
  await line.exit;
  const lines = line.out.trim().split('\n');
  return (lines.length === 1 ? JSON.parse(lines[0] ?? '') : lines.map((each) => JSON.parse(each) as unknown)) as T;
}
interface List<Item> {
  readonly items: readonly Item[];
}
const items = <Item>(answer: List<Item> | readonly Item[] | Item): readonly Item[] => {
  if (Array.isArray(answer)) return answer as readonly Item[];
  return (answer as List<Item>).items ?? [answer as Item];
};

beforeAll(async () => {
  Program.build();
  [gateway, browser] = await Promise.all([
    startGateway({
      env: {
        WAYBILL_QUEUE_BYTES: String(QUEUE_BYTES),
        WAYBILL_CANARY_INTERVAL_MS: '1000',
        WAYBILL_TRACE_RATIO: '1',
        // A phone that stalls is still there when it is asked about.
        WAYBILL_WRITE_STALL_MS: '300000',
        WAYBILL_JWKS_URL: NOWHERE,
      },
    }),
    launchChromium(),
  ]);
  incident = await Incident.on(gateway);
  stalled = await incident.stall('quinn');
  operator = await OperatorBrowser.signedIn(browser, gateway, 'admin');
}, 120_000);
afterAll(async () => {
  stalled?.socket.terminate();
  await operator?.close();
  await browser?.close();
  await gateway?.stop();
});

describe('console, REST and command line answer alike', () => {
  it('Q1: who is connected now', async () => {
    interface Connection {
      readonly ref: string;
      readonly user: string;
    }
    const open = (await rest<List<Connection>>('ops/connections?user=eve')).items;
    expect(open).toHaveLength(1);
    expect(items(await cli<List<Connection>>('connections', '--user', 'eve')).map(({ ref }) => ref)).toEqual(open.map(({ ref }) => ref));
    const text = await screenSaying('connections', 'eve');
    for (const { ref, user } of (await rest<List<Connection>>('ops/connections')).items.filter(
      ({ user: name }) => !name.startsWith('operator:'),
    )) {
      expect(text).toContain(ref);
      expect(text).toContain(user);
    }
  });

  it('Q2: why a connection ended, and what happened before', async () => {
    const id = incident.ids.get('pat') ?? '';
    const told = await rest<{ readonly close: { readonly code: number }; readonly ref: string }>(`ops/connections/${id}`);
    expect(told.close.code).toBe(4408);
    expect(JSON.stringify(await cli('connection', told.ref))).toContain('4408');
    const text = await screenSaying(`connections/${id}`, '4408');
    expect(text).toMatch(/slow/i);
    expect(text).toContain('pat');
    expect(
      await operator.page
        .getByRole('list', { name: /timeline|happened|events/i })
        .or(operator.page.getByRole('table', { name: /timeline|happened|events/i }))
        .count(),
    ).toBeGreaterThan(0);
  });

  it.each([
    ['Q3: did ann receive it', 'ann', 'acked'],
    ['Q5: why did pat not receive it', 'pat', 'not_written'],
    ['Q5: why did rob not', 'rob', 'not_subscribed'],
    ['Q5: and eve, who was away', 'eve', 'written'],
    ['Q5: and kim, who was disconnected', 'kim', 'not_subscribed'],
    ['Q5: and max, who is blocked', 'max', 'not_subscribed'],
  ])('%s', async (_question, user, outcome) => {
    const told = await incident.explain(user);
    expect(told.outcome).toBe(outcome);
    const line = await cli<Explanation>('why', '--user', user, '--topic', TOPIC, '--seq', String(incident.seq));
    expect(line.outcome).toBe(outcome);
    const text = await screenSaying(`messages/explain?user=${user}&topic=${PLACE}&seq=${incident.seq}`, told.answer.slice(0, 30));
    // Times are told in the reader's own form, so the sentence is compared word by word without them.
    const words = (sentence: string): readonly string[] =>
      sentence
        .replaceAll(/[\d:.]+/g, ' ')
        .split(/\s+/)
        .filter((word) => word.length > 3);
    expect(words(told.answer).filter((word) => !text.includes(word))).toEqual([]);
    // Sentences begin with a capital on the screen.
    for (const { detail } of told.steps) expect(text).toContain(detail.replaceAll(/\s+/g, ' ').slice(1, 25));
  });

  it('Q4 and Q12: who received it, and who published it by which door', async () => {
    interface Waybill {
      readonly totals: Readonly<Record<string, number>>;
      readonly recipients: readonly { readonly user: string; readonly outcome: string }[];
      readonly origin: { readonly publisher: string; readonly door: string };
    }
    const told = await rest<Waybill>(`ops/topics/${PLACE}/messages/${incident.seq}/waybill`);
    const line = await cli<Waybill>('message', MESSAGE_ID);
    expect(line.totals).toEqual(told.totals);
    expect(line.origin.publisher).toBe(told.origin.publisher);
    const text = await screenSaying(`messages/${PLACE}/${incident.seq}`, 'ann');
    const words: Readonly<Record<string, string>> = {
      acked: 'acknowledged',
      not_written: 'not written',
      written: 'written',
      fetched: 'fetched',
    };
    for (const { user, outcome } of told.recipients)
      expect(text).toMatch(new RegExp(`${user}.*${words[outcome]}|${words[outcome]}.*${user}`));
    expect(text).toContain(told.origin.publisher);
    expect(text).toMatch(/REST/i);
  });

  it('Q6: why was this subscribe refused', async () => {
    interface Refused {
      readonly user?: string;
      readonly code: string;
      readonly rule?: string;
    }
    const told = (await rest<List<Refused>>('ops/refusals')).items.find(({ user }) => user === 'rob');
    expect(told?.rule).toBe('claims.topics.subscribe');
    expect(JSON.stringify(await cli('refusals'))).toContain('claims.topics.subscribe');
    const text = await screenSaying('refusals', 'rob');
    expect(text).toContain('claims.topics.subscribe');
    expect(text).toContain(told?.code);
  });

  it('Q7: who is slow now, and how much waits for them', async () => {
    interface Slow {
      readonly user: string;
      readonly queued_bytes: number;
    }
    const told = (await rest<List<Slow>>('ops/slow')).items.find(({ user }) => user === 'quinn');
    expect(told?.queued_bytes).toBeGreaterThan(0);
    expect(JSON.stringify(await cli('slow'))).toContain('quinn');
    const text = await screenSaying('slow', 'quinn');
    expect(text).toContain(`${Number(((told?.queued_bytes ?? 0) / 1_024).toPrecision(3))} KiB`);
  });

  it('Q8: which topics are hot', async () => {
    interface Topic {
      readonly topic: string;
      readonly subscribers: number;
    }
    const told = (await rest<List<Topic>>('ops/topics?sort=-messages')).items;
    expect(items(await cli<List<Topic>>('top', '--once')).length).toBeGreaterThan(0);
    const text = await screenSaying('topics', TOPIC);
    for (const { topic } of told) expect(text).toContain(topic);
  });

  it('Q9: is anything being lost', async () => {
    const told = await rest<{ readonly balanced: boolean }>('ops/accounting');
    const line = await cli<{ readonly loss: { readonly balanced: boolean } }>('status');
    expect([told.balanced, line.loss.balanced]).toEqual([true, true]);
    await operator.settle('overview');
    await operator.page.getByTestId('loss-sentence').getByText('Every delivery is accounted for').waitFor();
  });

  it('Q10: how long from publish to socket, by namespace', async () => {
    interface Row {
      readonly namespace: string;
      readonly p99_ms: number;
    }
    const line = await cli<{ readonly latency: readonly Row[] }>('status');
    const told = await rest<{ readonly latency: readonly Row[] }>('ops/summary');
    expect(line.latency.map(({ namespace }) => namespace)).toEqual(told.latency.map(({ namespace }) => namespace));
    await operator.settle('overview');
    const table = operator.page.getByRole('table', { name: 'Latency by namespace' });
    for (const { namespace } of told.latency) expect(await table.getByText(namespace, { exact: true }).count()).toBe(1);
    expect(await table.getByText(/ms$/).count()).toBeGreaterThan(1);
  });

  it('Q11: where did the time go for this one message', async () => {
    const { origin } = await rest<{ readonly origin: { readonly trace_id: string } }>(
      `ops/topics/${PLACE}/messages/${incident.seq}/waybill`,
    );
    interface Trace {
      readonly spans: readonly { readonly name: string }[];
    }
    const told = await rest<Trace>(`ops/traces/${origin.trace_id}`);
    expect((await cli<Trace>('trace', origin.trace_id)).spans.map(({ name }) => name)).toEqual(told.spans.map(({ name }) => name));
    await operator.settle(`messages/${PLACE}/${incident.seq}`);
    await operator.page.locator(`a[href*="traces/${origin.trace_id}"]`).first().click();
    await operator.page.waitForURL('**/traces/*');
    await operator.page.getByRole('list', { name: 'Spans' }).waitFor();
    const text = await said();
    for (const { name } of told.spans) expect(text).toContain(name);
  });

  it('Q13: what will draining this node do', async () => {
    interface Drain {
      readonly forecast: { readonly connections: number };
    }
    const told = await rest<Drain>('ops/nodes/this/drain');
    const line = await cli<Drain>('drain', '--status');
    expect(told.forecast.connections).toBeGreaterThan(1);
    expect(Math.abs(line.forecast.connections - told.forecast.connections)).toBeLessThanOrEqual(2);
    const text = await screenSaying('nodes/this', 'Connections that go');
    expect(Number(/Connections that go (\d+)/.exec(text)?.[1])).toBeGreaterThan(1);
  });

  it('Q14: who changed what, and when', async () => {
    interface Record {
      readonly actor: string;
      readonly action: string;
      readonly target: string;
    }
    const told = (await rest<List<Record>>('ops/audit?action=user.block')).items;
    expect(told.map(({ target }) => target)).toContain('max');
    expect(JSON.stringify(await cli('audit', 'list', '--action', 'user.block'))).toContain('max');
    const text = await screenSaying('audit?action=user.block', 'max');
    expect(text).toContain('key:bootstrap');
  });

  it('Q15 and Q16: which node is unhealthy, what is degraded, and what that affects', async () => {
    interface Part {
      readonly state: string;
      readonly affects?: string;
    }
    const told = await rest<{ readonly health: { readonly parts: Readonly<globalThis.Record<string, Part>> } }>('ops/summary');
    const jwks = told.health.parts['jwks'];
    expect(jwks?.state).not.toBe('ok');
    expect(JSON.stringify(await cli('nodes'))).toContain(jwks?.affects);
    expect(await screenSaying('overview', jwks?.affects ?? '-')).toMatch(/jwks/i);
    expect(await screenSaying('nodes/this', jwks?.affects ?? '-')).toMatch(/event loop/i);
  });

  it('Q17: how near to a limit', async () => {
    interface Limits {
      readonly limits: readonly { readonly name: string }[];
    }
    const told = await rest<Limits>('ops/summary');
    const names = (answer: Limits): readonly string[] => answer.limits.map(({ name }) => name).toSorted();
    expect(names(await cli<Limits>('status'))).toEqual(names(told));
    const text = (await screenSaying('overview', 'Descriptors')).toLowerCase();
    for (const name of names(told)) expect(text).toContain(name.replaceAll('_', ' '));
  });

  it('Q18: is delivery working right now, end to end', async () => {
    interface Canary {
      readonly items: readonly { readonly path: string; readonly last?: { readonly result: string } }[];
    }
    const last = async (): Promise<readonly unknown[]> => (await rest<Canary>('ops/canary')).items.map(({ last: run }) => run?.result);
    while ((await last()).includes(undefined)) await delay(100);
    expect(await last()).toEqual(['ok', 'ok']);
    expect((await cli<Canary>('canary', '--last')).items.map(({ last: run }) => run?.result)).toEqual(['ok', 'ok']);
    await operator.settle('canary');
    for (const path of ['live', 'stored']) await operator.page.getByTestId(`canary-${path}`).getByText(/ms|s$/).first().waitFor();
    expect((await said()).match(/came back/g)?.length).toBeGreaterThanOrEqual(2);
  });

  it('Q19: which objective burns its budget', async () => {
    interface Objectives {
      readonly objectives: readonly { readonly name: string; readonly burning: boolean }[];
    }
    const told = await rest<Objectives>('ops/summary');
    const burning = (answer: Objectives): readonly string[] => answer.objectives.filter((each) => each.burning).map(({ name }) => name);
    expect(burning(await cli<Objectives>('status'))).toEqual(burning(told));
    await operator.settle('overview');
    for (const { name, burning: burns } of told.objectives) {
      const row = operator.page.getByTestId(`objective-${name}`);
      await row.waitFor();
      expect(await row.getByText('burning').count()).toBe(burns ? 1 : 0);
    }
  });

  it('Q20: a user reads out the ref that their client shows', async () => {
    const ref = incident.refs.get('kim') ?? '';
    const id = incident.ids.get('kim') ?? '';
    expect(JSON.stringify(await cli('connection', ref))).toContain(id);
    await operator.settle('overview');
    await operator.page.keyboard.press('/');
    await operator.page.keyboard.type(ref.toLowerCase());
    await operator.page.keyboard.press('Enter');
    await operator.page.waitForURL('**/connections/*');
    await operator.page.getByText('4400').first().waitFor();
    expect(await said()).toContain('kim');
  });

  it('and the browser complained of nothing', () => {
    expect(operator.complaints).toEqual([]);
  });
});
