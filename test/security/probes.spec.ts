import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventReader } from '../support/event-reader.js';
import { type RestAnswer, startGateway, type TestGateway } from '../support/gateway.js';
import { OperatorSession } from '../support/operator-session.js';
import { TestSocket } from '../support/socket.js';

const ADMIN_PASSWORD = 'the first admin of these tests';
const PASSWORD = 'correct horse battery staple';
const PROBES = '/api/v1/ops/probes';
const EVERYTHING = { topics: { subscribe: ['*'], publish: ['*'] }, users: { send: ['*'] }, broadcast: true, roles: ['admin'] };

interface Probe {
  readonly id: string;
  readonly events_topic: string;
}
interface AuditItem {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly result: string;
  readonly after?: Readonly<Record<string, unknown>>;
}

let gateway: TestGateway;
let admin: OperatorSession;
let operator: OperatorSession;
let viewer: OperatorSession;
let mallory: string;
let key: string;

beforeAll(async () => {
  gateway = await startGateway({
    env: {
      WAYBILL_OPERATOR_PASSWORD: ADMIN_PASSWORD,
      WAYBILL_PROBES_MOST: '4',
      WAYBILL_PROBES_MOST_MINUTES: '2',
      WAYBILL_PROBES_STREAM_S: '1',
    },
    file: { messaging: { namespaces: { default: { subscribe: 'anyone', publish: 'anyone' } } } },
  });
  admin = await OperatorSession.of(gateway.port, 'admin', ADMIN_PASSWORD);
  for (const role of ['operator', 'viewer']) {
    expect((await admin.call('POST', '/api/v1/ops/operators', { name: `the-${role}`, role, password: PASSWORD })).status).toBe(201);
  }
  operator = await OperatorSession.of(gateway.port, 'the-operator', PASSWORD);
  viewer = await OperatorSession.of(gateway.port, 'the-viewer', PASSWORD);
  mallory = await gateway.token('mallory', EVERYTHING);
  const made = await gateway.rest('POST', '/api/v1/auth/keys', { name: 'reader', scopes: ['read', 'publish', 'tokens'] });
  key = (made.body.data as { key: string }).key;
});
afterAll(() => gateway.stop());

const startedBy = async (who: OperatorSession, body: object): Promise<RestAnswer> => who.call('POST', PROBES, body);

async function started(who: OperatorSession, body: object): Promise<Probe> {
  const answer = await startedBy(who, body);
  expect([answer.status, answer.body.code]).toEqual([201, 'OK']);
  return answer.body.data;
}

const ended = async ({ id }: Probe): Promise<unknown> => operator.call('DELETE', `${PROBES}/${id}`);

async function audited(action: string): Promise<readonly AuditItem[]> {
  return ((await gateway.rest('GET', `/api/v1/ops/audit?action=${action}`)).body.data as { items: readonly AuditItem[] }).items;
}

const by = (credential: string, method: string, path: string, body?: unknown): Promise<RestAnswer> =>
  gateway.rest(method, path, body, { authorization: `Bearer ${credential}` });

const eventsFor = async (who: OperatorSession, { id }: Probe): Promise<string> =>
  JSON.stringify((await who.call('GET', `${PROBES}/${id}/events?limit=1000`)).body);

describe('a user, whatever their token grants', () => {
  it.each([
    ['starts no probe', 'POST', PROBES, { user: 'victim' }],
    ['lists none', 'GET', PROBES, undefined],
    ['sees none', 'GET', `${PROBES}/ID`, undefined],
    ['reads no events', 'GET', `${PROBES}/ID/events`, undefined],
    ['ends none', 'DELETE', `${PROBES}/ID`, undefined],
    ['reads no topic of a probe', 'GET', '/api/v1/topics/$probe.ID/messages', undefined],
    ['learns nothing of such a topic', 'GET', '/api/v1/topics/$probe.ID', undefined],
    ['writes to no topic of a probe', 'POST', '/api/v1/topics/$probe.ID/messages', { data: 'lies' }],
  ])('%s', async (_name, method, path, body) => {
    const probe = await started(operator, { user: 'victim' });
    const answer = await by(mallory, method, path.replace('ID', probe.id), body);
    expect([answer.status, answer.body.code]).toEqual([403, 'PERMISSION_DENIED']);
    await ended(probe);
  });

  it('subscribes to no topic of a probe, by subscribe, resume, socket or stream', async () => {
    const probe = await started(operator, { user: 'victim' });
    const socket = await TestSocket.connect(gateway.port, mallory);
    const topics = [{ topic: probe.events_topic }];
    for (const action of ['topic.subscribe', 'resume']) {
      const reply = await socket.request(action, { topics });
      expect(reply['data']).toMatchObject({ topics: [{ code: 'PERMISSION_DENIED' }] });
    }
    const published = await socket.request('topic.publish', { topic: probe.events_topic, data: 'lies' });
    expect(published['code']).toBe('PERMISSION_DENIED');
    socket.socket.terminate();
    await expect(TestSocket.connect(gateway.port, mallory, { path: `/api/v1/topics/${probe.events_topic}/messages` })).rejects.toThrow(
      '403',
    );
    for (const path of [`topics/${probe.events_topic}/messages`, `ops/probes/${probe.id}/events`]) {
      const reader = await EventReader.open(`http://127.0.0.1:${gateway.port}/api/v1/${path}`, { authorization: `Bearer ${mallory}` });
      expect(reader.response.status).toBe(403);
      reader.close();
    }
    await ended(probe);
  });
});

describe('an API key without the scope ops', () => {
  it('neither starts a probe nor reads one, by REST or as a topic', async () => {
    const probe = await started(operator, { user: 'victim' });
    for (const [method, path, body] of [
      ['POST', PROBES, { user: 'x' }],
      ['GET', `${PROBES}/${probe.id}/events`, undefined],
      ['GET', `/api/v1/topics/${probe.events_topic}/messages`, undefined],
      ['POST', `/api/v1/topics/${probe.events_topic}/messages`, { data: 1 }],
    ] as const) {
      expect([path, (await by(key, method, path, body)).status]).toEqual([path, 403]);
    }
    await ended(probe);
  });
});

describe('payloads', () => {
  const talk = (): Promise<unknown> => gateway.rest('POST', '/api/v1/topics/talk.a/messages', { data: 'my-secret-word' });

  it('are in nothing that a probe keeps, unless it was asked for them', async () => {
    const probe = await started(admin, { topic: 'talk.a' });
    await talk();
    const text = await eventsFor(admin, probe);
    expect(text).toContain('"published"');
    expect(text).not.toContain('my-secret-word');
    await ended(probe);
  });

  it.each([
    ['an operator', () => operator, 'operator:the-operator'],
    ['a viewer', () => viewer, 'operator:the-viewer'],
  ])('are not for %s to ask for, and that they tried is on record', async (_name, who, actor) => {
    const refused = await startedBy(who(), { topic: 'talk.a', payload: true });
    expect([refused.status, refused.body.code]).toEqual([403, 'PERMISSION_DENIED']);
    // A refusal is recorded behind its answer.
    await expect.poll(async () => (await audited('probe.start'))[0]).toMatchObject({ actor, result: 'PERMISSION_DENIED' });
  });

  it('are shown to admins alone, left out for others and on the topic, and are on record: start, reading, end', async () => {
    const probe = await started(admin, { topic: 'talk.*', payload: true, note: 'case 9' });
    const topic = await EventReader.open(`http://127.0.0.1:${gateway.port}/api/v1/topics/${probe.events_topic}/messages`, {
      authorization: `Bearer ${gateway.apiKey}`,
    });
    await topic.next();
    await talk();
    expect(await eventsFor(admin, probe)).toContain('my-secret-word');
    expect(await eventsFor(admin, probe)).toContain('my-secret-word');
    for (const other of [operator, viewer]) {
      const text = await eventsFor(other, probe);
      expect(text).toContain('"published"');
      expect(text).not.toContain('my-secret-word');
    }
    await topic.next();
    expect(topic.text).toContain('probe.published');
    expect(topic.text).not.toContain('my-secret-word');
    topic.close();
    await ended(probe);
    expect((await audited('probe.start'))[0]).toMatchObject({
      actor: 'operator:admin',
      target: probe.id,
      result: 'OK',
      after: { payload: true, topic: 'talk.*', note: 'case 9' },
    });
    expect(await audited('probe.payload_read')).toMatchObject([{ actor: 'operator:admin', target: probe.id }]);
    expect((await audited('probe.end'))[0]).toMatchObject({ actor: 'operator:the-operator', target: probe.id, result: 'OK' });
    expect(await audited('probe.payload_end')).toMatchObject([
      { actor: 'system', target: probe.id, after: { reason: 'ended', started_by: 'operator:admin' } },
    ]);
  });
});

describe('roles', () => {
  it('a viewer reads what others watch, and neither starts nor ends', async () => {
    const probe = await started(operator, { user: 'ann' });
    expect((await viewer.call('GET', PROBES)).status).toBe(200);
    expect(await eventsFor(viewer, probe)).toContain('"started"');
    expect((await startedBy(viewer, { user: 'ann' })).status).toBe(403);
    expect((await viewer.call('DELETE', `${PROBES}/${probe.id}`)).status).toBe(403);
    await ended(probe);
  });

  it('a live stream ends after its time, so that a session that ended reads no further', async () => {
    const probe = await started(operator, { user: 'ann' });
    const headers = { cookie: `waybill_session=${viewer.cookie}` };
    const reader = await EventReader.open(`http://127.0.0.1:${gateway.port}${PROBES}/${probe.id}/events`, headers);
    const events = await reader.rest();
    expect(events.map(({ event }) => event)).toEqual(['started', 'reopen']);
    await ended(probe);
  });
});

describe('what may be asked for', () => {
  it.each([
    ['nothing', {}],
    ['two things', { user: 'a', topic: 'b' }],
    ['no user id', { user: 'a\u0007' }],
    ['U+0000', { user: 'a\u0000' }],
    ['no topic', { topic: 'a..b' }],
    ['a star within a name', { topic: 'a.*.b' }],
    ['a pattern of server topics', { topic: '$user.*' }],
    ['the topic of a probe', { topic: '$probe.0123456789ab' }],
    ['longer than may be', { user: 'a', minutes: 3 }],
    ['no time', { user: 'a', minutes: 0 }],
    ['something unknown', { user: 'a', everything: true }],
    ['a payload that is not yes or no', { user: 'a', payload: 'yes' }],
  ])('%s is refused', async (_name, body) => {
    const answer = await startedBy(operator, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'BAD_REQUEST']);
  });

  it('a connection that is not open is not found', async () => {
    expect((await startedBy(operator, { connection: 'ABCD-EFGH' })).status).toBe(404);
  });

  it('as many as may run at once, and one more when one has ended', async () => {
    const probes = [];
    for (let probe = 0; probe < 4; probe += 1) probes.push(await started(operator, { user: `u-${probe}` }));
    const refused = await startedBy(operator, { user: 'u-4' });
    expect([refused.status, refused.body.code, refused.body.rule]).toEqual([429, 'LIMIT_EXCEEDED', 'probes.most']);
    await ended(probes[0] as Probe);
    probes.push(await started(operator, { user: 'u-4' }));
    for (const probe of probes) await ended(probe);
  });
});
