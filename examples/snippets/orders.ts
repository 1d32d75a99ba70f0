import { Injectable, Module } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { CommandContext } from '../../src/gateway/ws/command-context.js';
import type { Connection } from '../../src/gateway/ws/connection.js';
import { Refusal } from '../../src/protocol/refusal.js';

/** Stands for your own service. */
@Injectable()
export class OrderBook {
  readonly #orders: { readonly customer: string; readonly item: string }[] = [];

  /** Answers the number of the order. */
  submit(customer: string, item: string): number {
    return this.#orders.push({ customer, item });
  }
}

@WebSocketGateway()
export class Orders {
  constructor(private readonly book: OrderBook) {}

  /** What it returns is the data of the reply; a thrown Refusal is the reply's code and message. */
  @SubscribeMessage('order.submit')
  submit(_connection: Connection, data: unknown, context: CommandContext): object {
    if (!isOrder(data)) throw Refusal.badRequest('data.item', 'must be a text');
    return { number: this.book.submit(context.principal.id, data.item), customer: context.principal.id };
  }
}

@Module({ providers: [OrderBook, Orders] })
export class OrdersModule {}

function isOrder(data: unknown): data is { readonly item: string } {
  return typeof data === 'object' && data !== null && 'item' in data && typeof data.item === 'string';
}
