import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { Evidence } from '../checker/evidence.js';
import { subscribersSeeEveryHole } from '../checker/subscribers-see-every-hole.js';
import { Journal } from '../rig/journal.js';
import { Random } from '../rig/random.js';
import { Wanderer } from './wanderer.js';

const UNASKED_MS = 30_000;
/** Many that come and go, and messages on their way all the time: so that one comes between a welcome and an answer soon. */
const WANDERERS = 12;
const AT_ONCE = 4;

describe('a wanderer', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    // The server's own topics do not wait for `resume`: as if every client were later with it than they do.
    gateway = await startGateway({ env: { WAYBILL_RESUME_WAIT_MS: '0' } });
  });

  afterAll(() => gateway.stop());

  it('logs that a topic of the server began before its resume was answered', async () => {
    const journal = new Journal();
    const [socketUrl, httpUrl] = [`ws://127.0.0.1:${gateway.port}/ws`, `http://127.0.0.1:${gateway.port}`];
    const options = { user: 'walker', socketUrl, httpUrl, token: await gateway.token('walker'), topics: ['news.a'] };
    const wanderers = Array.from({ length: WANDERERS }, (_, index) => {
      return new Wanderer({ ...options, name: `w${index}` }, journal, new Random(index));
    });
    const began = (): boolean => journal.records.some((record) => record.kind === 'subscribed' && record.unasked === true);
    for (const until = Date.now() + UNASKED_MS; !began(); await delay(1)) {
      if (Date.now() > until) throw new Error(`nothing came before a resume was answered within ${UNASKED_MS} ms`);
      const sends = Array.from({ length: AT_ONCE }, () => gateway.rest('POST', '/api/v1/users/walker/messages', { data: 'hello' }));
      await Promise.all(sends);
    }
    await Promise.all(wanderers.map((wanderer) => wanderer.rest(false)));
    expect(subscribersSeeEveryHole(new Evidence(journal.records))).toEqual([]);
  });
});
