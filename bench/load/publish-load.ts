import { MeasuredWindow, type WindowResult } from '../rig/measured-window.ts';
import { work } from '../rig/worker.ts';
import { PublishSocket } from './publish-socket.ts';
import { PublishSchedule } from './publish-schedule.ts';

/** Publishes that one socket may have under way in an open loop: the gateway stops reading beyond this many. */
const OPEN_LOOP_IN_FLIGHT = 256;
/** Distance between the topics of neighbouring publishes of a socket: so they spread over the commit lanes. */
const TOPIC_STEP = 4;

export interface PublishJob {
  readonly host: string;
  readonly port: number;
  /** One socket for each. */
  readonly tokens: readonly string[];
  readonly topics: readonly string[];
  readonly dataText: string;
  /**
   * `closed`: each socket keeps this many publishes in flight. `open`: publishes are due at this many a second in all, whatever
   * became of those before, and a late one's latency counts from when it was due.
   */
  readonly loop: { readonly kind: 'closed'; readonly inFlight: number } | { readonly kind: 'open'; readonly perSecond: number };
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

await work((job) => publish(job as PublishJob));

async function publish(job: PublishJob): Promise<WindowResult> {
  const window = new MeasuredWindow();
  const { loop } = job;
  let goOn = true;
  const sockets = await Promise.all(
    job.tokens.map((token, index) => {
      const topics = job.topics.map((_, place) => job.topics[(index + place * TOPIC_STEP) % job.topics.length] ?? '');
      const inFlight = loop.kind === 'closed' ? loop.inFlight : OPEN_LOOP_IN_FLIGHT;
      return PublishSocket.open({ ...job, token, topics, inFlight }, (socket, dueAt) => {
        const now = performance.now();
        window.ended(1, now - dueAt);
        if (goOn && loop.kind === 'closed') socket.send(now);
      });
    }),
  );
  const failed = Promise.race(sockets.map((socket) => socket.failed));
  const schedule = loop.kind === 'open' ? new PublishSchedule(sockets, loop.perSecond) : undefined;
  if (loop.kind === 'closed')
    for (const socket of sockets) for (let sent = 0; sent < loop.inFlight; sent += 1) socket.send(performance.now());
  const result = await Promise.race([window.run(job.warmUpSeconds, job.seconds), failed]);
  goOn = false;
  schedule?.stop();
  await Promise.race([untilAllAcknowledged(sockets), failed]);
  for (const socket of sockets) socket.end();
  return result();
}

/** Polled: this is after the window, and the hot path pays nothing for it. */
async function untilAllAcknowledged(sockets: readonly PublishSocket[]): Promise<void> {
  while (sockets.some((socket) => socket.inFlight > 0)) await new Promise((resolve) => setTimeout(resolve, 5));
}
