import { afterEach, describe, expect, it } from 'vitest';
import { CLOSES } from '../../src/protocol/close-codes.js';
import { WaybillClient } from './client.js';
import { WaybillError } from './errors.js';
import { CLOSE_CODES } from './generated/codes.js';
import { ScriptedServer, sendWelcome } from './spec-support/scripted-server.js';

/** What protocol.md says of each number, written out: not computed by the rule under test. */
const BEHAVIOUR: readonly (readonly [code: number, behaviour: 'ends' | 'reconnects' | 'renews the token'])[] = [
  [1000, 'ends'],
  [1001, 'reconnects'],
  [1002, 'ends'],
  [1003, 'ends'],
  [1007, 'ends'],
  [1008, 'ends'],
  [1009, 'ends'],
  [1010, 'ends'],
  [1011, 'reconnects'],
  [1012, 'reconnects'],
  [1013, 'reconnects'],
  [1014, 'reconnects'],
  [3000, 'reconnects'],
  [4000, 'reconnects'],
  [4400, 'reconnects'],
  [4401, 'renews the token'],
  [4402, 'reconnects'],
  [4408, 'reconnects'],
  [4409, 'reconnects'],
  [4412, 'reconnects'],
  [4414, 'reconnects'],
  [4429, 'reconnects'],
  [4450, 'reconnects'],
  [4499, 'reconnects'],
  [4500, 'ends'],
  [4501, 'ends'],
  [4503, 'ends'],
  [4505, 'ends'],
  [4513, 'ends'],
  [4999, 'ends'],
];

const servers: ScriptedServer[] = [];
const clients: WaybillClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const server of servers.splice(0)) await server.stop();
});

/** Closes the first connection with a code and keeps the second; answers how it went on. */
async function outcomeOf(
  code: number | 'cut' | 'no code',
): Promise<{ outcome: string; tokens: readonly string[]; cause: WaybillError | undefined }> {
  const server = await ScriptedServer.start({
    accept: (socket, count) => {
      sendWelcome(socket);
      if (count > 1) return;
      if (code === 'cut') socket.terminate();
      else if (code === 'no code') socket.close();
      else socket.close(code, 'scripted');
    },
  });
  servers.push(server);
  const tokens: string[] = [];
  const client = new WaybillClient(server.url, {
    token: (reason) => {
      tokens.push(reason);
      return `token-${tokens.length}`;
    },
    backoff: { minDelayMs: 5, maxDelayMs: 10 },
  });
  clients.push(client);
  const ended = new Promise<{ outcome: string; cause: WaybillError | undefined }>((resolve) => {
    client.on('closed', (cause) => resolve({ outcome: 'ends', cause }));
    client.on('connected', ({ reconnected }) => {
      if (reconnected) resolve({ outcome: tokens.length > 1 ? 'renews the token' : 'reconnects', cause: undefined });
    });
  });
  await client.connect().catch(() => undefined);
  return { ...(await ended), tokens };
}

describe('after the close code', () => {
  it('covers every code that the gateway sends', () => {
    const covered = new Set(BEHAVIOUR.map(([code]) => code));
    expect(Object.values(CLOSE_CODES).filter((code) => !covered.has(code))).toEqual([]);
    expect(CLOSE_CODES).toEqual(Object.fromEntries(Object.entries(CLOSES).map(([name, { code }]) => [name, code])));
  });

  it.each(BEHAVIOUR)('%i the client %s', async (code, behaviour) => {
    const { outcome, cause } = await outcomeOf(code);
    expect(outcome).toBe(behaviour);
    if (behaviour === 'ends') expect(cause).toMatchObject({ code: 'CLOSED_BY_SERVER', closeCode: code });
  });

  it('1005, a close frame without a code, the client reconnects', async () => {
    expect((await outcomeOf('no code')).outcome).toBe('reconnects');
  });

  it('1006, a connection cut without a close frame, the client reconnects', async () => {
    expect((await outcomeOf('cut')).outcome).toBe('reconnects');
  });
});
