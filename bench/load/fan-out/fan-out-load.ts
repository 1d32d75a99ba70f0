import { setTimeout as delay } from 'node:timers/promises';
import { MeasuredWindow, type WindowResult } from '../../rig/measured-window.ts';
import { work } from '../../rig/worker.ts';
import { requireAllReceived } from './all-received.ts';
import type { DialectOptions } from './dialect.ts';
import { type DialectName, dialectOf } from './dialects.ts';
import { Flight } from './flight.ts';
import { LoadSocket } from './load-socket.ts';
import { Subscriber } from './subscriber.ts';

/** Of this many subscribers one reads what it receives, for the latency and for the order; the others only count. */
const SAMPLE = 50;
const OPENING_AT_ONCE = 50;
/** Addresses 127.0.0.1 and on that the connections come from. */
const ADDRESSES = 50;
/** Servers tell of joins for a moment after them; what comes then is no delivery. */
const SETTLE_MS = 600;

export interface FanOutJob extends DialectOptions {
  readonly host: string;
  /** Of the nodes: subscribers are spread over them, the publisher is at the first. */
  readonly ports: readonly number[];
  readonly dialect: DialectName;
  readonly subscribers: number;
  readonly inFlight: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export interface FanOutResult extends WindowResult {
  /** Payload bytes of the WebSocket frames, by delivery: what the server sent for it beside the heads. */
  readonly bytesPerDelivery: number;
}

await work((job) => fanOut(job as FanOutJob));

async function fanOut(job: FanOutJob): Promise<FanOutResult> {
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  return Promise.race([failed, run(job, (error) => fail(error))]);
}

async function run(job: FanOutJob, onFailure: (error: Error) => void): Promise<FanOutResult> {
  const dialect = dialectOf(job.dialect, job);
  const portOf = (index: number): number => job.ports[index % job.ports.length] ?? 0;
  const target = { host: job.host, dialect, onFailure };
  const subscribers = await openSubscribers(job.subscribers, (index) =>
    LoadSocket.open({ ...target, port: portOf(index), role: 'subscriber', index, localAddress: `127.0.0.${1 + (index % ADDRESSES)}` }),
  ).then((sockets) => sockets.map((socket) => new Subscriber(socket, dialect)));
  const publisher = await LoadSocket.open({ ...target, port: portOf(0), role: 'publisher', index: 0, localAddress: '127.0.0.1' });
  await delay(SETTLE_MS);

  const window = new MeasuredWindow();
  let goOn = true;
  const publish = (count: number): void => publisher.say(Array.from({ length: count }, () => dialect.publish(flight.send())));
  const flight = new Flight(job.subscribers, job.inFlight, (completed) => {
    if (goOn) publish(completed);
  });
  const onReceived = (before: number, after: number): void => {
    window.counted(after - before);
    flight.received(before, after);
  };
  subscribers.forEach((subscriber, index) => {
    if (index % SAMPLE === 0) subscriber.read(onReceived, (number) => window.timed(flight.ageMs(number)));
    else subscriber.count(onReceived);
  });
  publish(job.inFlight);
  const result = await window.run(job.warmUpSeconds, job.seconds);
  goOn = false;
  await requireAllReceived(flight, subscribers);
  for (const subscriber of subscribers) subscriber.end();
  publisher.end();
  const payloadBytes = subscribers.reduce((sum, subscriber) => sum + subscriber.payloadBytes, 0);
  return { ...result(), bytesPerDelivery: payloadBytes / (flight.sent * job.subscribers) };
}

async function openSubscribers(count: number, open: (index: number) => Promise<LoadSocket>): Promise<readonly LoadSocket[]> {
  const sockets: LoadSocket[] = [];
  for (let first = 0; first < count; first += OPENING_AT_ONCE) {
    const length = Math.min(OPENING_AT_ONCE, count - first);
    sockets.push(...(await Promise.all(Array.from({ length }, (_, place) => open(first + place)))));
  }
  return sockets;
}
