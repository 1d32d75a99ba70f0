import { WebSocket } from 'ws';
import { TestSocket } from '../../../support/socket.js';
import type { RestCaller } from '../rest-caller.js';
import { repeat, type Site } from './site.js';

const REFUSED_MS = 500;

/** Those who are told no: strangers, forgers, users without the right, operators with a wrong password, requests that are wrong. */
export async function beRefused(site: Site): Promise<void> {
  const { node, rest } = site;
  const narrow = await narrowToken(rest);
  await repeat(site, REFUSED_MS, async () => {
    await upgrade(node.port, { authorization: 'Bearer forged' });
    await upgrade(node.port, {});
    const socket = await TestSocket.connect(node.port, narrow);
    await socket.request('topic.subscribe', { topics: [{ topic: 'orders.1' }] });
    await socket.request('topic.publish', { topic: 'orders.1', action: 'order.paid', data: 1 });
    await socket.request('topic.publish', { topic: 'no good', data: 1 });
    await socket.request('no.such.action');
    await socket.close();
    await rest.call('GET', 'topics/orders.1/messages', undefined, {}, 'Bearer forged');
    await rest.call('POST', 'topics/orders.1/messages', { data: 1, nonsense: true });
    await rest.call('GET', 'no/such/route');
    await rest.call('POST', 'ops/session', { name: 'admin', password: 'a wrong one' }, { origin: rest.url }, '');
  });
}

async function narrowToken(rest: RestCaller): Promise<string> {
  const minted = await rest.data('POST', 'auth/tokens', { user: 'narrow', topics: { subscribe: ['chat.*'] } });
  return (minted as { readonly token: string }).token;
}

/** An upgrade that ends in an answer, or a connection that says nothing and leaves. */
async function upgrade(port: number, headers: Readonly<Record<string, string>>): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['waybill.v1'], { headers });
  socket.on('error', () => undefined);
  socket.once('open', () => socket.close());
  // Not `once` of node:events, which takes the refusal for a failure.
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
}

/** Somebody whose token was good and is revoked. */
export async function useRevokedToken({ node, rest }: Site): Promise<void> {
  const minted = (await rest.data('POST', 'auth/tokens', { user: 'leaver' })) as { readonly token: string };
  await rest.data('POST', 'auth/revocations', { user: 'leaver' });
  await upgrade(node.port, { authorization: `Bearer ${minted.token}` });
}
