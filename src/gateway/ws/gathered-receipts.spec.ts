import { describe, expect, it } from 'vitest';
import { FakeSocket } from '../../../test/support/fake-socket.js';
import type { Config } from '../../config/config.js';
import { FlushTurn } from '../../messaging/flush-turn.js';
import { batchOf, type FrameBatch } from '../../messaging/frame.js';
import { textFrame } from '../../protocol/text-frame.js';
import { SendBudget } from '../send-budget.js';
import { Outbound } from './outbound.js';

function live(topic: string, seq: number): FrameBatch {
  return batchOf([{ bytes: textFrame('"m"'), live: { topic, epoch: 'e', seq, namespace: 'a', slow: 'disconnect' } }]);
}

describe('what is gathered for the end of a turn', () => {
  it('is not written until then, and whoever asked is told', () => {
    const turn = new FlushTurn();
    const socket = new FakeSocket();
    socket.room = Infinity;
    let landed = 0;
    const owner = {
      queuedBytes: 0,
      slow: () => undefined,
      overflowed: () => undefined,
      settled: () => undefined,
      dropped: () => undefined,
      gapsTold: () => undefined,
      landed: () => (landed += 1),
    };
    const budget = new SendBudget({ gateway: { nodeQueueBytes: 0 } } as Config);
    const surroundings = { queueMessages: 10, queueBytes: 1_000, budget, turn, telemetry: { sent: () => undefined } };
    const outbound = new Outbound(socket, surroundings, owner);
    const waiting = (): readonly string[] => {
      const seen: string[] = [];
      outbound.unwritten(({ topic, seq }, inFlight) => seen.push(`${topic} ${seq} ${inFlight}`));
      return seen;
    };
    turn.begin();
    expect([outbound.offer(live('a.b', 1)), outbound.offer(live('a.c', 4))]).toEqual(['gathered', 'gathered']);
    expect([outbound.lags, waiting()]).toEqual([true, ['a.b 1 false', 'a.c 4 false']]);
    turn.end();
    expect([outbound.lags, waiting(), landed]).toEqual([false, [], 1]);
  });
});
