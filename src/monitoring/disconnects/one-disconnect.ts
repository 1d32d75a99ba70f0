import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ClusterCalls } from '../../cluster/cluster-calls.js';
import { NodeChannel } from '../../cluster/node-channel.js';
import { type ConnectionView, GatewayControl } from '../../messaging/gateway-control.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { Refusal } from '../../protocol/refusal.js';
import { findProvider } from '../node-life.js';
import { Orders } from '../orders/orders.js';

/** An order for one connection is of no use later: by then everybody has looked. */
const HOLDS_MS = 60_000;
const CLOSE = 'connection.close';

export interface DisconnectWish {
  readonly id: string;
  /** Whether its client may come back. */
  readonly reconnect: boolean;
  readonly reason: string | undefined;
}

/** Whose connection was closed, for the audit trail. */
export type ClosedConnection = Pick<ConnectionView, 'user' | 'ref' | 'state' | 'address' | 'client'>;

/** What became of it: closed by the node that had it, or ordered of the nodes that could not be asked. */
export type DisconnectResult =
  | { readonly kind: 'closed'; readonly node: string; readonly whose: ClosedConnection | undefined }
  | { readonly kind: 'ordered'; readonly missing: readonly MissingNode[] };

interface Closed {
  readonly closed: boolean;
  readonly whose?: ClosedConnection;
}

/** Closes one connection, on whichever node it is. */
@Injectable()
export class OneDisconnect implements OnModuleInit {
  constructor(
    private readonly modules: ModuleRef,
    private readonly calls: ClusterCalls,
    private readonly channel: NodeChannel,
    private readonly orders: Orders,
  ) {}

  onModuleInit(): void {
    this.calls.answer(CLOSE, (wish: DisconnectWish) => this.closeHere(wish));
    this.orders.on('disconnect.one', ({ body: { connection, reconnect, reason } }) =>
      this.closeHere({ id: connection, reconnect, reason }),
    );
  }

  /** Rejects with `NOT_FOUND` where no node has it, and with `UNAVAILABLE` where neither the other nodes nor the database can be reached. */
  async close(wish: DisconnectWish, by: string): Promise<DisconnectResult> {
    const here = this.closeHere(wish);
    if (here.closed) return { kind: 'closed', node: this.calls.node, whose: here.whose };
    const { answers, missing } = await this.calls.ask<Closed>(CLOSE, wish);
    const found = answers.find(({ answer }) => answer.closed);
    if (found !== undefined) return { kind: 'closed', node: found.node, whose: found.answer.whose };
    if (missing.length === 0 && this.channel.isOpen)
      throw new Refusal('NOT_FOUND', 'no connection of any node has this id; it may have ended long ago');
    const { id: connection, reconnect, reason } = wish;
    const body = { connection, reconnect, ...(reason === undefined ? {} : { reason }) };
    await this.orders.give({ kind: 'disconnect.one', by, holdsMs: HOLDS_MS, body });
    return { kind: 'ordered', missing };
  }

  private closeHere({ id, reconnect, reason }: DisconnectWish): Closed {
    const gateway = findProvider(this.modules, GatewayControl);
    const view = gateway?.connection(id);
    const closed =
      gateway?.disconnect(id, reconnect ? 'DISCONNECTED' : 'DISCONNECTED_FOR_GOOD', ...(reason === undefined ? [] : [reason])) ?? false;
    return { closed, ...(closed && view !== undefined ? { whose: whose(view) } : {}) };
  }
}

function whose({ user, ref, state, address, client }: ConnectionView): ClosedConnection {
  return { user, ref, state, address, client };
}
