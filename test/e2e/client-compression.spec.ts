import { WaybillClient } from '@waybill/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SocketServer } from '../support/socket-server.js';

const LARGE = Array.from({ length: 300 }, (_, index) => ({ id: index, text: `line ${index}` }));

describe('the client at a gateway that compresses', () => {
  let server: SocketServer;
  beforeAll(async () => {
    server = await SocketServer.start({ env: { WAYBILL_COMPRESSION: 'true' } });
  });
  afterAll(() => server.close());

  it('publishes and receives as ever, in fewer bytes', async () => {
    const client = new WaybillClient(`http://127.0.0.1:${server.port}`, { token: server.token('alice') });
    const seen: unknown[] = [];
    const all = Promise.withResolvers<void>();
    await client
      .subscribe('chat.large', ({ data }) => {
        seen.push(data);
        if (seen.length === 10) all.resolve();
      })
      .ready();
    for (let n = 0; n < 10; n += 1) await client.publish('chat.large', { n, LARGE });
    await all.promise;
    expect(seen).toEqual(Array.from({ length: 10 }, (_, n) => ({ n, LARGE })));
    const { bytes } = server.only().outbound;
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan((10 * JSON.stringify(LARGE).length) / 3);
    client.close();
  });
});
