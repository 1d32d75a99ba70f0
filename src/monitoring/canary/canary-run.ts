import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '../../messaging/message.js';
import { Refusal } from '../../protocol/refusal.js';
import { type CanaryHop, type CanaryPath, type CanaryResult, CanaryTrouble } from './canary-result.js';
import { HopClock } from './hop-clock.js';

/** What a run needs of the node. All of it is real; tests break one of them. */
export interface CanaryWay {
  /** A socket that is subscribed to the topic, opened or kept. Rejects with `CanaryTrouble`. */
  socketFor(path: CanaryPath, topic: string, clock: HopClock): Promise<CanaryEar>;
  publish(topic: string, msgId: string): Promise<void>;
  /** Hears what the bus brings to this node. Answers how to end that. */
  tap(topic: string, listener: (message: Message) => void): Promise<() => void>;
  /** Frames that were given to the connection so far; undefined where the node does not know it. */
  framesTo(connectionId: string): number | undefined;
}

/** The part of the canary's socket that a run waits at. */
export interface CanaryEar {
  readonly connectionId: string;
  readonly isOpen: boolean;
  readonly ending: string;
  message(topic: string, id: string): Promise<void>;
}

/** A deadline is waited for in so many steps. */
const STEPS = 10;
const LATE = Symbol('late');

/** One message from a publish to a socket. Never rejects. */
export async function runCanary(path: CanaryPath, topic: string, way: CanaryWay, timeoutMs: number): Promise<CanaryResult> {
  const clock = new HopClock();
  const at = Date.now();
  const attempt = new Attempt(path, topic, way, clock);
  let trouble: CanaryTrouble | undefined;
  try {
    const ended = await Promise.race([attempt.walk(), deadline(timeoutMs)]);
    if (ended === LATE) throw attempt.hangs(timeoutMs);
  } catch (error) {
    trouble = error instanceof CanaryTrouble ? error : new CanaryTrouble('failed', attempt.stage, String(error));
  } finally {
    attempt.end();
  }
  const result = trouble?.result ?? 'ok';
  const broken = trouble?.result === 'failed' ? trouble.hop : undefined;
  return {
    path,
    result,
    at,
    ...(result === 'ok' ? { round_trip_ms: attempt.roundTripMs } : {}),
    hops: clock.report(broken).filter(({ hop }) => path === 'stored' || hop !== 'append'),
    ...(broken === undefined ? {} : { broken }),
    ...(trouble === undefined ? {} : { detail: trouble.message }),
  };
}

/** Time in which the process stood still counts for two steps at most: a message could not move meanwhile, and is given its time after it. */
async function deadline(ms: number): Promise<typeof LATE> {
  const step = ms / STEPS;
  for (let left = ms; left > 0;) {
    const began = performance.now();
    await sleep(Math.min(step, left), undefined, { ref: false });
    left -= Math.min(performance.now() - began, 2 * step);
  }
  return LATE;
}

class Attempt {
  stage: CanaryHop = 'connect';
  roundTripMs = 0;
  private ear: CanaryEar | undefined;
  private framesBefore: number | undefined;
  private untap: (() => void) | undefined;
  private ended = false;

  constructor(
    private readonly path: CanaryPath,
    private readonly topic: string,
    private readonly way: CanaryWay,
    private readonly clock: HopClock,
  ) {}

  async walk(): Promise<void> {
    const ear = await this.way.socketFor(this.path, this.topic, this.clock);
    this.ear = ear;
    const msgId = randomUUID();
    this.stage = 'bus';
    await this.listen(msgId);
    this.framesBefore = this.way.framesTo(ear.connectionId);
    const arrived = ear.message(this.topic, msgId).then(() => {
      this.clock.pass('fan_out');
      this.clock.pass('socket');
    });
    const published = performance.now();
    this.stage = 'publish';
    await this.publish(msgId);
    this.stage = 'socket';
    await arrived;
    this.roundTripMs = Math.round((performance.now() - published) * 100) / 100;
  }

  /** Where it is when the time is over. */
  hangs(timeoutMs: number): CanaryTrouble {
    const broken = this.hangsAt();
    if (broken === 'socket' && this.clock.has('bus')) this.clock.pass('fan_out');
    return new CanaryTrouble('failed', broken, `${this.sentence(broken)} (after ${timeoutMs} ms)`);
  }

  end(): void {
    this.ended = true;
    this.untap?.();
  }

  private async listen(msgId: string): Promise<void> {
    try {
      const untap = await this.way.tap(this.topic, (message) => {
        if (message.msgId === msgId) this.clock.pass('bus');
      });
      if (this.ended) untap();
      else this.untap = untap;
    } catch (error) {
      throw new CanaryTrouble('failed', 'bus', `the topic could not be followed: ${(error as Error).message}`);
    }
  }

  private async publish(msgId: string): Promise<void> {
    try {
      await this.way.publish(this.topic, msgId);
    } catch (error) {
      if (!(error instanceof Refusal)) throw new CanaryTrouble('failed', 'publish', String(error));
      throw this.refused(error);
    }
    this.clock.pass('publish');
    if (this.path === 'stored') this.clock.pass('append');
  }

  private refused({ code, message }: Refusal): CanaryTrouble {
    if (code === 'DRAINING') return new CanaryTrouble('skipped', 'publish', message);
    if (code !== 'UNAVAILABLE' && code !== 'UNKNOWN_OUTCOME') return new CanaryTrouble('failed', 'publish', `${code}: ${message}`);
    this.clock.pass('publish');
    return new CanaryTrouble('failed', this.path === 'stored' ? 'append' : 'bus', `${code}: ${message}`);
  }

  private hangsAt(): CanaryHop {
    if (this.stage === 'connect') return firstOpen(this.clock);
    if (this.stage === 'bus') return 'bus';
    if (this.stage === 'publish') return this.path === 'stored' ? 'append' : 'bus';
    if (this.ear?.isOpen === false) return 'socket';
    if (!this.clock.has('bus')) return 'bus';
    return this.wasWritten() ? 'socket' : 'fan_out';
  }

  private wasWritten(): boolean {
    if (this.ear === undefined || this.framesBefore === undefined) return true;
    const now = this.way.framesTo(this.ear.connectionId);
    return now === undefined || now > this.framesBefore;
  }

  private sentence(hop: CanaryHop): string {
    switch (hop) {
      case 'connect':
        return 'the public port did not answer the upgrade';
      case 'authenticate':
        return 'the upgrade was not answered after the ticket was shown';
      case 'subscribe':
        return 'the subscription was not confirmed';
      case 'publish':
        return 'the publish got no verdict';
      case 'append':
        return 'the message was not stored';
      case 'bus':
        return this.stage === 'publish'
          ? 'the bus gave the message no position'
          : 'the message was published, and the bus did not bring it back';
      case 'fan_out':
        return 'the bus brought the message, and it was not handed to the socket';
      case 'socket':
        return this.ear?.isOpen === false
          ? `the socket broke: ${this.ear.ending}`
          : 'the message was handed to the socket, and did not come out at the other end';
    }
  }
}

function firstOpen(clock: HopClock): CanaryHop {
  if (!clock.has('connect')) return 'connect';
  return clock.has('authenticate') ? 'subscribe' : 'authenticate';
}
