/**
 * What the flight recorders of many connections take in memory, by the built program: `npm run build`, then
 * `node --expose-gc scripts/flight-memory.ts`. Prints bytes per connection: empty, usual and full.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { FlightRecorder as Recorder } from '../src/gateway/flight/flight-recorder.ts';

const CONNECTIONS = 10_000;
const EVENTS = 64;
const PINGS = 288;

const built = new URL('../dist/gateway/flight/flight-recorder.js', import.meta.url).href;
const { FlightRecorder } = (await import(built)) as { FlightRecorder: new (openedAt: number, capacity: number) => Recorder };

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Topics are the subscriptions' own: their texts are not the recorder's. */
const TOPICS = Array.from({ length: 100 }, (_, n) => `rooms.${n}`);

function empty(): Recorder {
  return new FlightRecorder(Date.now(), EVENTS);
}

function usual(n: number): Recorder {
  const recorder = empty();
  recorder.authenticated('header');
  recorder.note('welcome');
  recorder.subscribed([n, n + 1].map((at) => ({ topic: TOPICS[at % 100] ?? '', recovered: undefined, count: 0 })));
  for (let ping = 0; ping < PINGS; ping += 1) recorder.roundTrip(20 + (ping % 3) * 30);
  return recorder;
}

function full(n: number): Recorder {
  const recorder = usual(n);
  recorder.slow(true);
  recorder.waiting(200_000);
  recorder.dropped(3);
  for (let event = 0; event < EVENTS; event += 1) {
    if (event % 4 === 0)
      recorder.refused('publish', { code: 'PERMISSION_DENIED', rule: 'claims.topics.publish', field: undefined }, `news.${n}.${event}`);
    else recorder.note('subscribed', TOPICS[event]);
  }
  return recorder;
}

for (const [name, make] of Object.entries({ empty, usual, full })) {
  collect();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: CONNECTIONS }, (_, n) => make(n));
  collect();
  const bytes = (process.memoryUsage().heapUsed - before) / kept.length;
  process.stdout.write(`${name.padEnd(6)} ${Math.round(bytes)} bytes\n`);
}
