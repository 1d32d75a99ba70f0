import { randomBytes } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { LookAgain } from '../../cluster/look-again.js';
import { Nudges } from '../../cluster/nudges.js';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import { Refusal } from '../../protocol/refusal.js';
import type { Order, OrderBodies, OrderKind } from './order.js';
import { OrderTable } from './order-table.js';

const TIDIED_EVERY_MS = 600_000;
const ID_BYTES = 6;

/** An order that is to be given. */
export interface Wanted<Kind extends OrderKind> {
  readonly id?: string;
  readonly kind: Kind;
  readonly by: string;
  /** Nodes that see it later do nothing. */
  readonly holdsMs: number;
  readonly body: OrderBodies[Kind];
}

type Handler = (order: Order) => void;

/**
 * Orders to every node: stored first, then carried out here at once and on the others as soon as they hear of it, or look
 * (`cluster.orderPollMs`). Each node carries out an order once.
 */
@Injectable()
export class Orders implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Orders');
  private readonly handlers = new Map<OrderKind, Handler>();
  private readonly looks = new LookAgain(() => this.look());
  /** Given here, and not met in the table yet. */
  private readonly own = new Set<string>();
  private seen = 0;
  private tidiedAt = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private isAway = false;

  constructor(
    private readonly table: OrderTable,
    private readonly nudges: Nudges,
    private readonly config: Config,
  ) {}

  /** Does what orders of a kind say, each once. Called before the program has started. */
  on<Kind extends OrderKind>(kind: Kind, handler: (order: Order<Kind>) => void): void {
    this.handlers.set(kind, handler as Handler);
  }

  /** What was ordered before this node was there, and holds, is for it as well. */
  async onApplicationBootstrap(): Promise<void> {
    this.nudges.on('orders', () => void this.lookNow());
    await this.lookNow();
    this.schedule();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looks.idle;
  }

  /** Refuses with `UNAVAILABLE`, `UNKNOWN_OUTCOME`, or `CONFLICT` where another of its kind is carried out and must end first. */
  async give<Kind extends OrderKind>({
    id = randomBytes(ID_BYTES).toString('hex'),
    kind,
    by,
    holdsMs,
    body,
  }: Wanted<Kind>): Promise<Order<Kind>> {
    this.own.add(id);
    try {
      const stored = await this.table.add({ id, kind, node: nodeIdOf(this.config), by, holdsMs, body });
      if (stored === undefined)
        throw new Refusal('CONFLICT', 'another order of this kind is being carried out: wait for its end, or stop it');
      this.nudges.tell('orders');
      this.carryOut(stored.order);
      return stored.order as Order<Kind>;
    } catch (error) {
      // It may have been stored all the same: then it is met in the table.
      this.own.delete(id);
      throw error;
    }
  }

  /** It was carried out everywhere: another of its kind may be given. */
  async end(id: string): Promise<void> {
    try {
      await this.table.end(id);
    } catch (error) {
      this.logger.warn(`that the order ${id} has ended is not stored: ${(error as Error).message}`);
    }
  }

  private lookNow(): Promise<void> {
    return this.stopped ? Promise.resolve() : this.looks.now();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.lookNow().finally(() => this.schedule()), this.config.cluster.orderPollMs);
    this.timer.unref();
  }

  /** Never rejects: what cannot be read now is read at the next look. */
  private async look(): Promise<void> {
    try {
      // A database that was put back to an older copy begins to count lower.
      if ((await this.table.newest()) < this.seen) this.seen = 0;
      for (const { order, change } of await this.table.since(this.seen)) {
        this.seen = Math.max(this.seen, change);
        if (!this.own.delete(order.id)) this.carryOut(order);
      }
      if (performance.now() - this.tidiedAt > TIDIED_EVERY_MS) {
        this.tidiedAt = performance.now();
        await this.table.purge();
      }
      this.isAway = false;
    } catch (error) {
      if (!this.isAway) this.logger.warn(`orders of other nodes cannot be read: ${(error as Error).message}`);
      this.isAway = true;
    }
  }

  private carryOut(order: Order): void {
    try {
      this.handlers.get(order.kind)?.(order);
    } catch (error) {
      this.logger.error(
        `the order ${order.kind} ${order.id} was not carried out: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
}
