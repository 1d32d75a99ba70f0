import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { describe, expect, it } from 'vitest';
import { asyncApi } from './asyncapi.js';
import { CLOSES } from './close-codes.js';
import { SERVER_FRAMES } from './server-frames.js';
import { SOCKET_ACTIONS } from './socket-actions.js';

const parsed = await new Parser().parse(JSON.stringify(asyncApi({ frameBytes: 65_536 })));

/** The first cells of a table of docs/protocol.md, under a heading. */
function documentedActions(): readonly string[] {
  const text = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
  const section = text.slice(text.indexOf('## Actions'), text.indexOf('## Closing'));
  return [...section.matchAll(/^\| `([a-z.]+)` \|/gm)].map((match) => match[1] ?? '');
}

function documentedServerFrames(): readonly string[] {
  const text = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
  const sentence = /^The server sends [^]*?\n\n/m.exec(text)?.[0] ?? '';
  return [...sentence.matchAll(/`([a-z.]+)(?: \{[^`]*\})?`/g)].map((match) => match[1] ?? '');
}

describe('the AsyncAPI document', () => {
  it('is valid', () => {
    expect(parsed.diagnostics.filter(({ severity }) => severity <= 1)).toEqual([]);
    expect(parsed.document?.version()).toBe('3.0.0');
  });

  it('has an operation with a reply for every action of the protocol', () => {
    const actions = documentedActions();
    expect(actions).toHaveLength(12);
    expect(Object.keys(SOCKET_ACTIONS).sort()).toEqual([...actions].sort());
    const received = parsed.document?.operations().filterByReceive() ?? [];
    const names = received.flatMap((operation) =>
      operation
        .messages()
        .all()
        .map((message) => message.name()),
    );
    expect(names.sort()).toEqual([...actions, 'other'].sort());
    expect(received.every((operation) => operation.reply() !== undefined)).toBe(true);
  });

  it('has an operation for every frame of the server', () => {
    const frames = documentedServerFrames().filter((name) => name !== 'reply');
    expect(frames).toHaveLength(9);
    expect(Object.keys(SERVER_FRAMES).sort()).toEqual([...frames].sort());
    const sent = parsed.document?.operations().filterBySend() ?? [];
    const names = sent.flatMap((operation) =>
      operation
        .messages()
        .all()
        .map((message) => message.name()),
    );
    expect(names.sort()).toEqual([...frames, 'message', 'ops.overview'].sort());
  });

  it('lists every close code with its reconnect rule', () => {
    const listed =
      parsed.document?.channels().get('socket')?.extensions().get('x-close-codes')?.value<{ code: number; reconnect: boolean }[]>() ?? [];
    expect(listed.map(({ code }) => code)).toEqual(Object.values(CLOSES).map(({ code }) => code));
    expect(listed.find(({ code }) => code === 4401)?.reconnect).toBe(true);
    expect(listed.find(({ code }) => code === 4501)?.reconnect).toBe(false);
  });
});
