import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difference } from '../support/match.js';
import { TestSocket } from '../support/socket.js';
import { startGateway, type TestGateway } from '../support/gateway.js';

interface Example {
  readonly kind: 'waybill' | 'http';
  readonly line: number;
  readonly text: string;
}

const PAGE = readFileSync('docs/protocol.md', 'utf8');
const EXAMPLES = examplesOf(PAGE);

/** The examples build on one another, as a reader reads them: one gateway, two sockets, from top to bottom. */
describe('examples of docs/protocol.md', () => {
  let gateway: TestGateway;
  const sockets = new Map<string, TestSocket>();
  const epochs = new Map<string, string>();
  /** Sessions of the connections before. */
  const sessions = new Map<string, string>();

  beforeAll(async () => {
    gateway = await startGateway();
    for (const user of ['alice', 'bob']) await connect(user);
  });
  afterAll(async () => {
    for (const socket of sockets.values()) await socket.close();
    await gateway.stop();
  });

  async function connect(user: string): Promise<void> {
    const grants = { topics: { subscribe: ['chat.*'], publish: ['chat.*'] }, users: { send: ['*'] } };
    sockets.set(user, await TestSocket.connect(gateway.port, await gateway.token(user, grants)));
  }

  async function reconnect(user: string): Promise<void> {
    const socket = sockets.get(user);
    if (socket === undefined) throw new Error(`${user} has no connection`);
    const welcome = socket.frames.find(({ action }) => action === 'welcome')?.['data'] as { readonly session: string } | undefined;
    sessions.set(user, welcome?.session ?? '');
    socket.socket.terminate();
    await socket.closed;
    await connect(user);
  }

  it('are there', () => {
    expect(EXAMPLES.length).toBeGreaterThan(12);
  });

  it.each(EXAMPLES)('line $line ($kind)', async (example) => {
    if (example.kind === 'http') await runHttp(example.text, gateway);
    else await runFrames(example.text);
  });

  async function runFrames(text: string): Promise<void> {
    for (const line of text.trim().split('\n')) {
      const [, user, direction, json] = /^(\w+)([<>!]) (.*)$/.exec(line) ?? [];
      if (direction === '!') {
        await reconnect(user ?? '');
        continue;
      }
      const socket = sockets.get(user ?? '');
      if (socket === undefined || json === undefined) throw new Error(`not a frame line: ${line}`);
      const frame: unknown = JSON.parse(
        json.replace(
          /\{(epoch|session before) of ([^}]+)\}/g,
          (_, what, of: string) => (what === 'epoch' ? epochs : sessions).get(of) ?? '',
        ),
      );
      if (direction === '>') socket.send(frame);
      else await expectFrame(socket, frame as Readonly<Record<string, unknown>>);
    }
  }

  async function expectFrame(socket: TestSocket, expected: Readonly<Record<string, unknown>>): Promise<void> {
    const isWanted = (frame: Readonly<Record<string, unknown>>): boolean =>
      frame['action'] === expected['action'] &&
      frame['reply_to'] === expected['reply_to'] &&
      (expected['seq'] === undefined || frame['seq'] === expected['seq']) &&
      frame['topic'] === expected['topic'];
    const frame = await socket.take(isWanted);
    if (typeof frame['epoch'] === 'string' && typeof frame['topic'] === 'string') epochs.set(frame['topic'], frame['epoch']);
    expect(difference(frame, expected)).toBeUndefined();
  }
});

async function runHttp(text: string, gateway: TestGateway): Promise<void> {
  const parts = text.trim().split('\n\n');
  const [head = '', ...rest] = parts;
  const answer = (rest.pop() ?? '').split('\n');
  const body = rest.join('\n\n');
  const [requestLine = '', ...headerLines] = head.split('\n');
  const [method = '', path = ''] = requestLine.split(' ');
  const headers = Object.fromEntries(headerLines.map((line) => line.replace('{api_key}', gateway.apiKey).split(': ') as [string, string]));
  const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, {
    method,
    headers: body === '' ? headers : { ...headers, 'content-type': 'application/json' },
    ...(body === '' ? {} : { body }),
  });
  const received: unknown = await response.json();
  expect({ status: response.status, received }).toMatchObject({ status: Number(answer[0]) });
  expect(difference(received, JSON.parse(answer.slice(1).join('\n')))).toBeUndefined();
}

function examplesOf(page: string): readonly Example[] {
  return [...page.matchAll(/^```(waybill|http)\n([\s\S]*?)^```$/gm)].map((match) => ({
    kind: match[1] as Example['kind'],
    line: page.slice(0, match.index).split('\n').length,
    text: match[2] as string,
  }));
}
