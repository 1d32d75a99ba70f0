import { Logger } from '@nestjs/common';
import type { ConfigValues } from '../../config/schema.js';
import type { Session, SessionStore, SessionTopic } from '../../messaging/session-store.js';
import type { Connection } from '../ws/connection.js';
import { sessionOf } from './session-of.js';

/** Milliseconds between two looks for sessions whose topics changed. */
const TICK_MS = 1_000;
/** Sessions written in one go: some milliseconds of work. */
const SLICE = 256;
/** Refreshes in the expiry time: one or two may fail. */
const LEAST_REFRESHES = 3;

interface OpenSession {
  readonly connection: Connection;
  /** Sum of its positions when it was saved; -1: not since its topics changed. */
  saved: number;
}

/**
 * The sessions of open connections, told to the other nodes: one that changed its topics within a second, positions now and then, and
 * that all of them live with one command. Nothing is done for a message. A heartbeat that takes long is waited for, never overlapped.
 */
export class OpenSessions {
  private readonly logger = new Logger('Sessions');
  private readonly byId = new Map<string, OpenSession>();
  private changedIds = new Set<string>();
  private readonly everyMs: number;
  private timer: NodeJS.Timeout | undefined;
  private working = false;
  private nextRefreshAt = 0;

  constructor(
    private readonly store: SessionStore,
    { sessionSnapshotMs, sessionExpiryMs }: ConfigValues['messaging'],
  ) {
    this.everyMs = Math.min(sessionSnapshotMs, sessionExpiryMs / LEAST_REFRESHES);
  }

  start(): void {
    this.timer = setInterval(() => void this.beat(), Math.min(TICK_MS, this.everyMs));
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  find(id: string): Connection | undefined {
    return this.byId.get(id)?.connection;
  }

  add(id: string, connection: Connection): void {
    this.byId.set(id, { connection, saved: -1 });
    this.changed(id);
  }

  changed(id: string): void {
    if (this.store.isShared) this.changedIds.add(id);
  }

  /** Answers whether it was there. */
  remove(id: string): boolean {
    this.changedIds.delete(id);
    return this.byId.delete(id);
  }

  private async beat(): Promise<void> {
    if (this.working) return;
    this.working = true;
    try {
      if (performance.now() >= this.nextRefreshAt) await this.refresh();
      const ids = this.changedIds;
      this.changedIds = new Set();
      await this.save([...ids]);
    } catch (error) {
      // All of it is tried again with the next beat.
      this.logger.debug(`Sessions could not be told to other nodes: ${(error as Error).message}`);
    } finally {
      this.working = false;
    }
  }

  private async refresh(): Promise<void> {
    const isWhole = await this.store.refresh();
    this.nextRefreshAt = performance.now() + this.everyMs;
    let looked = 0;
    for (const [id, open] of this.byId) {
      if (!isWhole || open.saved !== sumOf(open.connection.services.subscriptions.standingsOf(open.connection))) this.changedIds.add(id);
      looked += 1;
      if (looked % SLICE === 0) await new Promise(setImmediate);
    }
  }

  private async save(ids: readonly string[]): Promise<void> {
    for (let index = 0; index < ids.length; index += SLICE) {
      const slice = ids.slice(index, index + SLICE);
      try {
        await this.store.save(slice.flatMap((id) => this.take(id) ?? []));
      } catch (error) {
        for (const id of ids.slice(index)) if (this.byId.has(id)) this.changedIds.add(id);
        throw error;
      }
    }
  }

  private take(id: string): Session | undefined {
    const open = this.byId.get(id);
    if (open === undefined) return undefined;
    const session = sessionOf(id, open.connection);
    open.saved = sumOf(session.topics);
    return session;
  }
}

/** Rises with every position: enough to see that one did. */
function sumOf(topics: readonly SessionTopic[]): number {
  let sum = 0;
  for (const { since } of topics) sum += since?.seq ?? 0;
  return sum;
}
