/** An application's use of the client, for the type checker alone: it never runs. Each line marked as an error has to be one. */
import {
  CLOSE_CODES,
  type ClientErrorCode,
  type ClientOptions,
  ERROR_CODES,
  type ErrorCode,
  type Gap,
  type HistoryPage,
  type Message,
  type Position,
  type PublishResult,
  type Subscription,
  WaybillClient,
  WaybillError,
  callRest,
  mayReconnect,
} from '@waybill/client';
import { FakeClock, SimulatedGateway } from '@waybill/client/testing';

interface Order {
  readonly id: number;
  readonly state: 'paid' | 'void';
}

export const plain: ClientOptions = { token: 'a token' };
export const fetching: ClientOptions = {
  token: async (reason) => {
    const why: 'connect' | 'expired' | 'expiring' = reason;
    const response = await fetch(`/token?why=${why}`);
    return response.ok ? response.text() : undefined;
  },
  webSocket: WebSocket,
  fetch: globalThis.fetch,
  backoff: { minDelayMs: 100 },
};
export const client = new WaybillClient('https://push.example.com', fetching);

export const orders: Subscription<Order> = client.subscribe<Order>('orders.7', (message) => {
  const state: 'paid' | 'void' = message.data.state;
  const position: Position = message;
  return [state, position.seq] satisfies [string, number];
});
export const endListening: () => void = orders.on('message', ({ data }: Message<Order>) => data.id);
orders.on('gap', ({ from, to, reason }: Gap) => `${from}-${to} ${reason}`);
orders.on('ended', (cause: WaybillError) => cause.closeCode);
client.on('error', ({ code }) => {
  const known: ErrorCode | ClientErrorCode = code;
  return known;
});
client.on('connected', async ({ ref, reconnected }) => {
  await Promise.resolve([ref, reconnected]);
});

export async function use(): Promise<PublishResult> {
  await client.connect();
  const page: HistoryPage = await orders.history({ after: 3, limit: 10 });
  const unknownData: unknown = page.messages[0]?.data;
  const total: number = await client.request<number>('sum', [1, 2, unknownData]);
  const { members, usersCount } = await client.presence('chat.lobby');
  const online: number = members.length + usersCount + total;
  await callRest('https://push.example.com/api/v1', { path: `topics?limit=${online}`, credential: 'key' });
  return client.publish('orders.7', { id: 1, state: 'paid' } satisfies Order, { msgId: 'order-1-paid' });
}

export function test(): WaybillClient {
  const clock = new FakeClock();
  const gateway = new SimulatedGateway({ clock });
  return new WaybillClient('http://gateway.test', { token: 'any', clock, ...gateway.transport });
}

export const final: boolean = !mayReconnect(CLOSE_CODES.REPLACED);
export const status: 504 = ERROR_CODES.UNKNOWN_OUTCOME.http;

// @ts-expect-error: a client needs a token
export const tokenless = new WaybillClient('https://push.example.com', {});
// @ts-expect-error: an address is text
export const addressless = new WaybillClient(7, plain);
// @ts-expect-error: no such event
client.on('conected', () => undefined);
// @ts-expect-error: an error's code is text of the registries
client.on('error', ({ code }) => code === 'NO_SUCH_CODE');
// @ts-expect-error: a payload is what the subscription says
client.subscribe<Order>('orders.7', ({ data }) => data.price);
// @ts-expect-error: a payload that nobody described is unknown
client.subscribe('orders.7', ({ data }) => data.price);
// @ts-expect-error: a token callback answers text or nothing
export const wrongToken: ClientOptions = { token: () => 7 };
// @ts-expect-error: no such option
export const wrongOption: ClientOptions = { token: 't', retries: 3 };
// @ts-expect-error: acknowledgements are automatic or manual
client.subscribe('orders.7', undefined, { ack: 'sometimes' });
// @ts-expect-error: positions cannot be changed
export const change = (position: Position): number => (position.seq = 1);
// @ts-expect-error: the session is the client's own
export const inside = client.session;
// @ts-expect-error: listeners are called by the client alone
client.emit('connected', { connectionId: 'c', ref: 'r', user: undefined, reconnected: false });
