import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { ConnectionView } from '../messaging/gateway-control.js';
import type { ConnectionRecord, FlightEvent } from '../messaging/ledger/connection-record.js';
import { type ErasedUsers, isErased } from '../messaging/ledger/erased-users.js';
import { Ledger } from '../messaging/ledger/ledger.js';
import { Telemetry } from '../telemetry/telemetry.js';

const KEPT = 1_000;
/** Of those who never said who they are: a flood of them must not push out the others. */
const STRANGERS_KEPT = 100;
const SECOND_MS = 1_000;

/**
 * The last connections that ended, sockets and event streams, as they stood then; and the door through which the ledger is told of
 * each. Of strangers only so many in a second are recorded.
 */
@Injectable()
export class RecentlyClosed {
  private readonly known = new Map<string, ConnectionRecord>();
  private readonly strangers = new Map<string, ConnectionRecord>();
  /** Open connections of which nothing is to be kept. */
  private readonly omitted = new Set<string>();
  private readonly strangersPerSecond: number;
  private secondEnds = 0;
  private strangersRecorded = 0;

  constructor(
    private readonly ledger: Ledger,
    private readonly telemetry: Telemetry,
    config: Config,
  ) {
    this.strangersPerSecond = config.gateway.strangersPerSecond;
  }

  /** A connection ended. `recognised`: it had said who it is. */
  remember(record: ConnectionRecord, recognised: boolean): void {
    if (this.omitted.delete(record.view.id)) return;
    if (recognised) keep(this.known, record, KEPT);
    else keep(this.strangers, record, STRANGERS_KEPT);
    if (recognised || this.takeTurn()) this.ledger.connectionClosed(record);
    else this.telemetry.strangerUnrecorded();
  }

  views(): readonly ConnectionView[] {
    return [...this.known.values(), ...this.strangers.values()].map(({ view }) => view);
  }

  find(id: string): ConnectionRecord | undefined {
    return this.known.get(id) ?? this.strangers.get(id);
  }

  /** Something became known of a connection that has ended; nothing is done where it is not remembered. */
  amend(id: string, event: FlightEvent): void {
    const record = this.known.get(id);
    // In its place, so that none is remembered for longer.
    if (record !== undefined) this.known.set(id, { ...record, events: [...record.events, event] });
  }

  /** An open connection is of a user who was erased: its end is not remembered. */
  omit(id: string): void {
    this.omitted.add(id);
  }

  /** Connections that users began before they were erased, and that ended. */
  began(erased: ErasedUsers): readonly ConnectionView[] {
    return [...this.known.values()].map(({ view }) => view).filter((view) => isErased(erased, view.user, view.opened_at));
  }

  /** Forgets what users began before they were erased. */
  forget(erased: ErasedUsers): void {
    for (const { id } of this.began(erased)) this.known.delete(id);
  }

  private takeTurn(): boolean {
    const now = performance.now();
    if (now >= this.secondEnds) {
      this.secondEnds = now + SECOND_MS;
      this.strangersRecorded = 0;
    }
    this.strangersRecorded += 1;
    return this.strangersRecorded <= this.strangersPerSecond;
  }
}

/** A map remembers in which order it was filled. */
function keep(records: Map<string, ConnectionRecord>, record: ConnectionRecord, most: number): void {
  records.set(record.view.id, record);
  if (records.size <= most) return;
  const oldest = records.keys().next();
  if (!oldest.done) records.delete(oldest.value);
}
