import { type ConnectedInfo, type ConnectionState, type Subscription, WaybillClient, WaybillError } from '@waybill/client';
import { send } from '../../api/request.ts';
import { mintBodyOf, type Rights } from './rights.ts';
import { type Direction, type Frame, tappedSocket } from './tapped-socket.ts';

const MOST_FRAMES = 500;
/** Of the range that applications may use: says that this side dropped it (RFC 6455 section 7.4.2). */
const DROPPED_BY_HAND = 3_999;

export interface TopicStanding {
  readonly topic: string;
  readonly state: string;
  readonly position: number | undefined;
  readonly problem: string | undefined;
}

/** All that the screen shows of it, anew with every change. */
export interface SessionView {
  /** `idle`: not asked to connect, or ended. */
  readonly state: ConnectionState | 'idle';
  readonly connection: ConnectedInfo | undefined;
  readonly problem: string | undefined;
  readonly topics: readonly TopicStanding[];
  /** The newest first. */
  readonly frames: readonly Frame[];
}

const NOTHING: SessionView = { state: 'idle', connection: undefined, problem: undefined, topics: [], frames: [] };

/** One user of the test client: its client, what it subscribes to, and the frames that crossed the wire. Tokens live in here alone. */
export class TestSession {
  private view: SessionView = NOTHING;
  private client: WaybillClient | undefined;
  private socket: WebSocket | undefined;
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly problems = new Map<string, string>();
  private readonly listeners = new Set<() => void>();
  private frameNo = 0;
  private pending = false;

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): SessionView => this.view;

  connect(rights: Rights): void {
    this.end();
    this.view = { ...this.view, problem: undefined };
    const body = mintBodyOf(rights);
    const client = new WaybillClient(window.location.origin, {
      token: async () => (await send<{ readonly token: string }>('POST', 'auth/tokens', body)).token,
      clientName: 'waybill-test-client/0.1.0',
      webSocket: tappedSocket(
        (direction, text) => this.client === client && this.keep(direction, text),
        (socket) => (this.socket = socket),
      ),
    });
    this.client = client;
    client.on('connected', ({ ref }) => this.keep('note', `connected as ${ref}`));
    client.on('retrying', ({ delayMs, cause }) => this.keep('note', `tries again in ${Math.round(delayMs)} ms: ${cause.message}`));
    client.on('closed', ({ message }) => this.failed(message));
    client.on('error', ({ message }) => this.failed(message));
    client.on('notice', () => this.changed());
    client.connect().catch((error: unknown) => this.failed(sentence(error)));
    this.changed();
  }

  /** Drops the socket as a network would: the client comes back by itself and goes on where it stopped. */
  drop(): void {
    this.socket?.close(DROPPED_BY_HAND, 'dropped by hand');
  }

  /** Ends it for good. */
  end(): void {
    const { client } = this;
    this.client = undefined;
    client?.close();
    this.socket = undefined;
    this.subscriptions.clear();
    this.problems.clear();
    this.changed();
  }

  clear(): void {
    this.view = { ...this.view, frames: [] };
    this.changed();
  }

  subscribe(topic: string, fromStart: boolean): void {
    const { client } = this;
    if (client === undefined || topic === '') return;
    const subscription = client.subscribe(topic, () => this.changed(), fromStart ? { since: 'start' } : {});
    this.subscriptions.set(topic, subscription);
    this.problems.delete(topic);
    subscription.on('subscribed', () => this.changed());
    subscription.on('ended', ({ message }) => {
      if (this.subscriptions.get(topic) !== subscription) return;
      this.problems.set(topic, message);
      this.changed();
    });
    // Told by `ended` too.
    subscription.ready().catch(() => this.changed());
    this.changed();
  }

  unsubscribe(topic: string): void {
    const subscription = this.subscriptions.get(topic);
    this.subscriptions.delete(topic);
    this.problems.delete(topic);
    subscription?.unsubscribe();
    this.changed();
  }

  /** The client, for what is asked once: publish, history, presence. */
  get open(): WaybillClient {
    if (this.client === undefined) throw new Error('Connect first.');
    return this.client;
  }

  private failed(problem: string): void {
    this.view = { ...this.view, problem };
    this.changed();
  }

  private keep(direction: Direction, text: string): void {
    this.frameNo += 1;
    const frame = { no: this.frameNo, at: Date.now(), direction, text };
    this.view = { ...this.view, frames: [frame, ...this.view.frames].slice(0, MOST_FRAMES) };
    this.changed();
  }

  /** Tells the screen once for each turn, however many frames came. */
  private changed(): void {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      const topics = [...this.subscriptions].map(([topic, { state, position }]) => ({
        topic,
        state,
        position: position?.seq,
        problem: this.problems.get(topic),
      }));
      this.view = { ...this.view, state: this.client?.state ?? 'idle', connection: this.client?.connection, topics };
      for (const listener of this.listeners) listener();
    });
  }
}

function sentence(error: unknown): string {
  return error instanceof WaybillError || error instanceof Error ? error.message : String(error);
}
