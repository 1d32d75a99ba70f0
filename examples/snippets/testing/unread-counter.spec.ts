import { WaybillClient } from '@waybill/client';
import { FakeClock, SimulatedGateway, settled } from '@waybill/client/testing';
import { expect, it } from 'vitest';
import { UnreadCounter } from './unread-counter.js';

it('counts what others wrote, also while the network was away', async () => {
  const clock = new FakeClock();
  const gateway = new SimulatedGateway({ clock, user: 'alice' });
  const client = new WaybillClient('http://gateway.test', { token: 'any', clock, ...gateway.transport });
  const counter = new UnreadCounter(client, 'chat.lobby', 'alice');
  await client.connect();
  await settled();

  gateway.publish('chat.lobby', { from: 'bob' });
  gateway.publish('chat.lobby', { from: 'alice' });
  await settled();
  expect(counter.count).toBe(1);

  gateway.cut();
  gateway.publish('chat.lobby', { from: 'carol' });
  gateway.restore();
  // A minute of waiting and trying again passes at once.
  await clock.advance(60_000);
  expect(counter.count).toBe(2);

  client.close();
});
