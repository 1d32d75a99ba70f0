import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SocketServer } from '../../../test/support/socket-server.js';
import { GatewayControl } from '../../messaging/gateway-control.js';

describe('how far the subscriptions of a connection are', () => {
  let server: SocketServer;
  beforeEach(async () => {
    server = await SocketServer.start({ file: { messaging: { namespaces: { chat: { durable: false } } } } });
  });
  afterEach(() => server.close());

  it('says what exists, what was written and what was acknowledged', async () => {
    const alice = await server.connect('alice');
    const { id } = server.only();
    const control = server.app.get(GatewayControl);
    const about = () => control.subscriptions(id)?.find(({ topic }) => topic === 'chat.a');
    expect(about()).toBeUndefined();
    expect(await alice.request('topic.subscribe', { topics: [{ topic: 'chat.a', ack: true }] })).toMatchObject({ code: 'OK' });
    expect(about()).toMatchObject({ after: 0, written: 0, head: 0, missed: 0 });
    expect(about()).not.toHaveProperty('acked');
    for (let n = 0; n < 3; n += 1) await alice.request('topic.publish', { topic: 'chat.a', action: 'tick', data: n });
    await expect.poll(() => about()?.written).toBe(3);
    alice.send({ msg_id: 'a', action: 'topic.ack', data: { topic: 'chat.a', seq: 2 } });
    await expect.poll(about).toMatchObject({ written: 3, acked: 2, head: 3 });
    expect(control.subscriptions(id)?.map(({ topic }) => topic)).toEqual(['$all', '$user.alice', 'chat.a']);
  });

  it('knows nothing of a connection that is not there', () => {
    expect(server.app.get(GatewayControl).subscriptions('nobody')).toBeUndefined();
  });
});
