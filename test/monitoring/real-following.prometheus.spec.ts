import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenFor } from '../faults/rig/credentials.js';
import { TestSocket } from '../support/socket.js';
import { pageSteps, walkedSteps, writePage } from './rig/following-page.js';
import { Monitored } from './rig/monitored.js';
import { walk } from './rig/walk.js';

const TOPIC = 'orders.42';
const SCRAPED_MS = 60_000;

/** `UPDATE=1` writes what it met into docs/following-a-message.md. */
describe('one publish, followed from the dashboard to the socket', () => {
  let monitored: Monitored;
  let ann: TestSocket;

  beforeAll(async () => {
    monitored = await Monitored.start({ env: { WAYBILL_NODE_ID: 'node-1', WAYBILL_TRACE_RATIO: '0' } });
    ann = await TestSocket.connect(monitored.node.port, await tokenFor('ann'));
    await ann.request('topic.subscribe', { topics: [{ topic: TOPIC, ack: true }] });
  }, 120_000);
  afterAll(async () => {
    await ann?.close();
    await monitored?.stop();
  });

  it('leads from each place to the next', { timeout: 120_000 }, async () => {
    await monitored.rest.data('PATCH', 'ops/settings', { set: { 'server.logLevel': 'debug' } });
    const published = (await monitored.rest.data('POST', `topics/${TOPIC}/messages`, {
      action: 'order.paid',
      data: { order: 42 },
    })) as { readonly msg_id: string; readonly epoch: string; readonly seq: number };
    await ann.untilMessages(TOPIC, 1);
    await ann.request('topic.ack', { topic: TOPIC, epoch: published.epoch, seq: published.seq });
    await monitored.prometheus.until(
      `waybill_deliveries_total{namespace="other",result="acked"} > 0`,
      SCRAPED_MS,
      'the delivery is scraped',
    );

    const walked = await walk(monitored);
    expect(walked).toMatchObject({
      msgId: published.msg_id,
      topic: TOPIC,
      seq: published.seq,
      recipient: { user: 'ann', outcome: 'acked' },
    });
    if (process.env['UPDATE'] === '1') writePage(walked.steps, monitored);
    expect(pageSteps()).toEqual(walkedSteps(walked.steps));
  });
});
