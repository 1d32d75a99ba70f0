import { setMaxListeners } from 'node:events';
import type { Fleet, FleetProgress, Manner, OpenOrder, Shortfall, StormOrder } from './fleet.js';
import { type Ending, LoadSocket, type SocketOwner } from './load-socket.js';
import { Member } from './member.js';
import { Pace } from './pace.js';
import { Places } from './places.js';
import { Tally, type TallyCounts } from './tally.js';
import { pause, unlessAborted } from './waiting.js';

const DRIP_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;

/** One storm, as each connection in it sees it. */
interface Storm {
  readonly cutAt: number;
  readonly jitterMs: number;
  readonly places: Places;
  readonly deadline: AbortSignal;
}

/** The connections of this process. */
export class LocalFleet implements Fleet, SocketOwner {
  private readonly members: Member[] = [];
  private readonly bySocket = new Map<LoadSocket, Member>();
  private readonly arrivals = new Map<LoadSocket, (opened: boolean) => void>();
  private current = new Tally();
  private deliveries = 0;
  private openCount = 0;
  private readonly stopping = new AbortController();

  async open(order: OpenOrder): Promise<void> {
    await unlessAborted(this.openAll(order), this.stopping.signal);
  }

  async storm({ jitterMs, opening, deadlineMs }: StormOrder): Promise<void> {
    const cutAt = performance.now();
    for (const member of this.members) this.cut(member);
    const deadline = AbortSignal.any([AbortSignal.timeout(deadlineMs), this.stopping.signal]);
    setMaxListeners(0, deadline);
    const storm = { cutAt, jitterMs, places: new Places(opening), deadline };
    await unlessAborted(Promise.all(this.members.map((member) => this.comeBack(member, storm))), deadline);
  }

  async shortfall(head: number): Promise<Shortfall> {
    let behind = 0;
    let cutOff = 0;
    for (const member of this.members) {
      if (member.isOpen) behind += member.lacks(head);
      else cutOff += member.lacks(head);
    }
    return { behind, cutOff };
  }

  async tally(): Promise<TallyCounts> {
    const { counts } = this.current;
    this.deliveries += counts.deliveries;
    this.current = new Tally();
    return counts;
  }

  progress(): FleetProgress {
    return { open: this.openCount, opening: this.arrivals.size, deliveries: this.deliveries + this.current.deliveries };
  }

  stop(): void {
    this.stopping.abort();
  }

  async close(): Promise<void> {
    this.stop();
    for (const member of this.members) this.cut(member);
    for (const arrived of this.arrivals.values()) arrived(false);
  }

  opened(socket: LoadSocket, handshakeMs: number, head: number): void {
    const member = this.bySocket.get(socket);
    if (member === undefined) return;
    if (member.manner === 'reads') this.openCount += 1;
    this.current.opened += 1;
    this.current.handshake.record(handshakeMs);
    member.subscribedAt(head);
    behave(socket, member.manner);
    this.arrived(socket, true);
  }

  ended(socket: LoadSocket, { phase, reason }: Ending): void {
    const member = this.bySocket.get(socket);
    this.bySocket.delete(socket);
    if (phase === 'handshake') this.current.count('failures', reason);
    // What becomes of those that misbehave, the gateway is asked: they do not read their close frame.
    else if (member?.manner === 'reads') {
      this.openCount -= 1;
      this.current.count('closes', reason);
    }
    this.arrived(socket, false);
  }

  text(socket: LoadSocket, bytes: Buffer, start: number, end: number): void {
    this.bySocket.get(socket)?.text(bytes, start, end, this.current);
  }

  private async openAll({ endpoint, tokens, addresses, topic, rate, opening, manner = 'reads' }: OpenOrder): Promise<void> {
    const pace = new Pace(rate);
    const places = new Places(opening);
    const waiting = [...tokens];
    const arrived: Promise<unknown>[] = [];
    while (waiting.length > 0) {
      const { length: due } = await pace.due();
      for (const token of waiting.splice(0, due)) {
        await places.take();
        if (this.stopping.signal.aborted) return;
        const localAddress = addresses.length === 0 ? undefined : addresses[this.members.length % addresses.length];
        const member = new Member({ endpoint, localAddress, token, topic, ...(manner === 'drips' ? { readBytes: 1 } : {}) }, manner);
        this.members.push(member);
        arrived.push(this.connect(member).finally(() => places.free()));
      }
    }
    await Promise.all(arrived);
  }

  private connect(member: Member): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const socket = new LoadSocket(member.plan, this);
    member.socket = socket;
    this.bySocket.set(socket, member);
    this.arrivals.set(socket, resolve);
    return promise;
  }

  private arrived(socket: LoadSocket, opened: boolean): void {
    this.arrivals.get(socket)?.(opened);
    this.arrivals.delete(socket);
  }

  private cut({ socket, manner }: Member): void {
    if (socket === undefined) return;
    if (socket.isOpen && manner === 'reads') this.openCount -= 1;
    this.bySocket.delete(socket);
    socket.cut();
  }

  private async comeBack(member: Member, { cutAt, jitterMs, places, deadline }: Storm): Promise<void> {
    for (let attempt = 0; !deadline.aborted; attempt += 1) {
      await pause(Math.random() * Math.min(LONGEST_BACKOFF_MS, jitterMs * 2 ** attempt), deadline);
      await places.take();
      const opened = deadline.aborted ? false : await this.connect(member);
      places.free();
      if (!opened) continue;
      this.current.away.record(performance.now() - cutAt);
      return;
    }
  }
}

function behave(socket: LoadSocket, manner: Manner): void {
  if (manner === 'stops') socket.stopReading();
  if (manner === 'drips') socket.drip(DRIP_MS);
}
