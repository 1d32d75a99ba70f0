import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulate } from './spec-support/simulation.js';

type Step = 'publish' | 'finish' | 'fail' | 'wait' | 'break' | 'cut' | 'restore' | 'reset';
const STEPS: readonly Step[] = ['publish', 'publish', 'publish', 'finish', 'finish', 'fail', 'wait', 'break', 'cut', 'restore', 'reset'];

/** One call of the listener. */
interface Call {
  readonly place: string;
  readonly end: (succeeded: boolean) => void;
}

describe('whatever listeners and connections do', () => {
  it('no acknowledgement says more than listeners have ended, in the end it says all, and no listener is given again what it ended', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...STEPS), fc.nat(5)), { maxLength: 50 }),
        fc.nat(20),
        async (steps, recoveryLimit) => {
          const { client, gateway, clock } = simulate({}, { recoveryLimit });
          const running: Call[] = [];
          const succeeded = new Set<string>();
          const gone = new Set<string>();
          const lies: string[] = [];
          gateway.handle('topic.ack', (data) => {
            const { epoch, seq } = data as { readonly epoch: string; readonly seq: number };
            for (let each = 1; each <= seq; each += 1) {
              const place = `${epoch}:${each}`;
              if (!succeeded.has(place) && !gone.has(place)) lies.push(`acknowledged ${seq}, and ${place} was not dealt with`);
            }
            return undefined;
          });
          const subscription = client.subscribe(
            't',
            ({ epoch, seq }) => {
              const place = `${epoch}:${seq}`;
              if (succeeded.has(place)) lies.push(`${place} was given again`);
              return new Promise<void>((resolve, reject) => {
                const end = (good: boolean): void => {
                  if (good) succeeded.add(place);
                  if (good) resolve();
                  else reject(new Error('no'));
                };
                running.push({ place, end });
              });
            },
            { ack: 'auto' },
          );
          client.on('error', () => undefined);
          subscription.on('gap', ({ from, to }) => {
            for (let seq = from; seq <= to; seq += 1) gone.add(`${gateway.log('t').epoch}:${seq}`);
          });
          // It begins where the new log stands.
          subscription.on('reset', ({ current }) => {
            for (let seq = 1; seq <= current.seq; seq += 1) gone.add(`${current.epoch}:${seq}`);
          });
          await subscription.ready();
          const end = async (which: number, good: boolean): Promise<void> => {
            const [call] = running.splice(which % Math.max(1, running.length), 1);
            call?.end(good);
            await clock.advance(0);
          };
          for (const [step, number] of steps) {
            if (step === 'publish') gateway.publish('t', 1);
            else if (step === 'finish' || step === 'fail') await end(number, step === 'finish');
            else if (step === 'wait') await clock.advance(number * 100);
            else if (step === 'break') gateway.sessions.at(-1)?.close(1006);
            else if (step === 'reset') gateway.resetTopic('t');
            else gateway[step]();
          }
          gateway.restore();
          await clock.advance(120_000);
          // What failed comes again with the next connection; now everything succeeds.
          gateway.sessions.at(-1)?.close(1006);
          await clock.advance(60_000);
          while (running.length > 0) await end(0, true);
          gateway.publish('t', 'last');
          await clock.advance(10_000);
          await end(0, true);
          await clock.advance(10_000);
          const { epoch, head } = gateway.log('t');
          expect(subscription.position).toEqual({ epoch, seq: head });
          expect(lies).toEqual([]);
          const last = gateway.frames.findLast(({ action }) => action === 'topic.ack');
          expect(last?.data).toEqual({ topic: 't', epoch, seq: head });
          client.close();
          await clock.advance(60_000);
        },
      ),
      { numRuns: 100 },
    );
  });
});
