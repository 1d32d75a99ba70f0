import { WaybillClient } from '@waybill/client';
import { WebSocket, type ClientOptions } from 'ws';
import type { Stack } from './stack.ts';

const TOPIC = 'stack.check';
const BY_SOCKET = 20;
/** The client's end of its connection to the proxy: another address than anything of the stack has. */
const CLIENT_ADDRESS = '127.0.0.9';

/** What the traffic showed. */
export interface Traffic {
  /** The `seq` of each message that the subscriber received. */
  readonly heard: readonly number[];
  /** The subscriber's address as operators see it. */
  readonly address: string;
  /** Of the publish by REST. */
  readonly traceId: string;
}

/** A `ws` client that calls from `CLIENT_ADDRESS`. */
class FromElsewhere extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[], options?: ClientOptions) {
    super(url, protocols, { ...options, localAddress: CLIENT_ADDRESS });
  }
}

/** Connects through the proxy, subscribes, publishes durably by socket and by REST, and waits until everything has arrived. Throws. */
export async function makeTraffic(stack: Stack): Promise<Traffic> {
  const gateway = stack.places.url('proxy', 8080);
  const token = await tokenOf(stack, 'stack-check');
  const client = new WaybillClient(gateway, { token, webSocket: FromElsewhere });
  const heard: number[] = [];
  try {
    const all = Promise.withResolvers<undefined>();
    const subscription = client.subscribe(TOPIC, ({ seq }) => {
      heard.push(seq);
      if (heard.length === BY_SOCKET + 1) all.resolve(undefined);
    });
    await subscription.ready();
    for (let index = 0; index < BY_SOCKET; index += 1) await client.publish(TOPIC, { index });
    const { traceId } = await publishOnce(stack);
    await Promise.race([all.promise, late()]);
    if (heard.some((seq, index) => index > 0 && seq !== (heard[index - 1] ?? 0) + 1)) throw new Error(`not in order: ${heard.join(' ')}`);
    const address = await addressOf(stack, 'stack-check');
    if (address !== CLIENT_ADDRESS) throw new Error(`the gateway knows the client as ${address}, who called from ${CLIENT_ADDRESS}`);
    return { heard, address, traceId };
  } finally {
    client.close();
  }
}

/** A message from one node to a subscriber of another, past the proxy, and how long that took. */
export async function crossing(
  stack: Stack,
  from: string,
  to: string,
): Promise<{ readonly from: string; readonly to: string; readonly ms: number }> {
  const topic = `stack.${from}`;
  const token = await tokenOf(stack, `reader-of-${from}`);
  const client = new WaybillClient(stack.places.url(to, 8080), { token, webSocket: WebSocket });
  try {
    const heard = Promise.withResolvers<undefined>();
    await client.subscribe(topic, () => heard.resolve(undefined)).ready();
    const startedAt = performance.now();
    await rest(stack, 'POST', `topics/${topic}/messages`, { data: { from } }, from);
    await Promise.race([heard.promise, late()]);
    return { from, to, ms: performance.now() - startedAt };
  } finally {
    client.close();
  }
}

async function tokenOf(stack: Stack, user: string): Promise<string> {
  const { data } = await rest(stack, 'POST', 'auth/tokens', { user, topics: { subscribe: ['stack.*'], publish: ['stack.*'] } });
  return (data as { readonly token: string }).token;
}

/** A user's address as operators see it; each node is asked, since one of them has the connection. */
async function addressOf(stack: Stack, user: string): Promise<string> {
  const answers = await Promise.all(stack.nodes.map((node) => rest(stack, 'GET', `ops/connections?user=${user}`, undefined, node)));
  const items = answers.flatMap(({ data }) => (data as { readonly items: readonly { readonly address: string }[] }).items);
  return items[0]?.address ?? 'nobody';
}

/** One durable publish by REST, through the proxy. */
export async function publishOnce(stack: Stack): Promise<{ readonly traceId: string }> {
  const { trace_id: traceId } = await rest(stack, 'POST', `topics/${TOPIC}/messages`, { data: { by: 'REST' } });
  return { traceId };
}

async function rest(
  stack: Stack,
  method: string,
  path: string,
  body?: unknown,
  service = 'proxy',
): Promise<{ readonly data: unknown; readonly trace_id: string }> {
  const answer = await fetch(stack.places.url(service, 8080, `/api/v1/${path}`), {
    method,
    headers: {
      authorization: `Bearer ${stack.secrets['WAYBILL_API_KEY'] ?? ''}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as { readonly data: unknown; readonly trace_id: string };
}

function late(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('the messages did not all arrive within 10 s')), 10_000).unref();
  });
}
