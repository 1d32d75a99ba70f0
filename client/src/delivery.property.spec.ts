import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulate } from './spec-support/simulation.js';

type Step = 'publish' | 'burst' | 'break' | 'cut' | 'restore' | 'expire' | 'wait' | 'lose' | 'silence' | 'forget';
const STEPS: readonly Step[] = [
  'publish',
  'publish',
  'publish',
  'burst',
  'break',
  'cut',
  'restore',
  'expire',
  'wait',
  'lose',
  'silence',
  'forget',
];

describe('whatever happens to the connection', () => {
  it('a subscriber sees each message once, in order, or is told the exact bounds of what is gone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...STEPS), { maxLength: 40 }),
        fc.integer({ min: 0, max: 30 }),
        async (steps, recoveryLimit) => {
          const { client, gateway, clock } = simulate({}, { recoveryLimit });
          const told: [from: number, to: number][] = [];
          const subscription = client.subscribe('t', ({ seq }) => told.push([seq, seq]));
          subscription.on('gap', ({ from, to }) => told.push([from, to]));
          await subscription.ready();
          const act: Record<Step, () => void | Promise<void>> = {
            publish: () => void gateway.publish('t', 1),
            burst: () => {
              for (let number = 0; number < 50; number += 1) gateway.publish('t', number);
            },
            break: () => gateway.sessions.at(-1)?.close(1006),
            cut: () => gateway.cut(),
            restore: () => gateway.restore(),
            expire: () => gateway.log('t').expire(gateway.log('t').head - 5),
            wait: () => clock.advance(3_000),
            // Stored, but the push is lost on its way: the next one shows the hole.
            lose: () => void gateway.log('t').append({ topic: 't', data: 0, msgId: `lost-${gateway.log('t').head}`, timestamp: 0 }),
            // The next connection finds no session, and names everything itself.
            forget: () => gateway.forgetSessions(),
            silence: () => gateway.sessions.at(-1)?.silence(),
          };
          for (const step of steps) await act[step]();
          gateway.restore();
          // Time for a silent connection to be found dead and for the widest back-off.
          await clock.advance(120_000);
          gateway.publish('t', 'last');
          await clock.advance(10_000);
          let expected = 1;
          for (const [from, to] of told) {
            expect([from, to >= from]).toEqual([expected, true]);
            expected = to + 1;
          }
          expect(expected - 1).toBe(gateway.log('t').head);
          client.close();
          await clock.advance(60_000);
          expect(clock.pending).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});
