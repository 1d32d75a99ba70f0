import { Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandContext } from '../../src/gateway/ws/command-context.js';
import type { Connection } from '../../src/gateway/ws/connection.js';
import { EventBus } from '../../src/messaging/event-bus.js';
import { MessagingModule } from '../../src/messaging/messaging.module.js';
import type { Message } from '../../src/messaging/message.js';
import { Refusal } from '../../src/protocol/refusal.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

@WebSocketGateway()
class Orders {
  @SubscribeMessage('order.submit')
  submit(_connection: Connection, data: unknown, context: CommandContext): object {
    if (data === 'bad') throw new Refusal('BAD_REQUEST', 'data: not an order', { field: 'data' });
    if (data === 'defect') throw new TypeError('the secret inside');
    return { accepted_for: context.principal.id, data };
  }
}

@Injectable()
class Audit implements OnApplicationBootstrap {
  static readonly messages: Message[] = [];
  static readonly events: string[] = [];
  constructor(private readonly bus: EventBus) {}

  async onApplicationBootstrap(): Promise<void> {
    this.bus.on('connection.opened', (connection) => Audit.events.push(`opened ${connection.user}`));
    this.bus.on('connection.closed', ({ connection, close }) => Audit.events.push(`closed ${connection.user} ${close.code}`));
    await this.bus.onTopic('orders.all', () => {
      throw new Error('a listener that throws disturbs nobody');
    });
    await this.bus.onTopic('orders.all', (message) => Audit.messages.push(message));
  }
}

@Module({ imports: [MessagingModule], providers: [Orders, Audit] })
class ShopModule {}

describe('a module of the application', () => {
  let gateway: TestGateway;
  let socket: TestSocket;

  beforeAll(async () => {
    gateway = await startGateway({ modules: [ShopModule] });
    socket = await TestSocket.connect(gateway.port, await gateway.token('alice'));
  });
  afterAll(async () => {
    await gateway.stop();
  });

  it('adds an action', async () => {
    expect(await socket.request('order.submit', { id: 7 })).toMatchObject({ code: 'OK', data: { accepted_for: 'alice', data: { id: 7 } } });
  });

  it('refuses with a code and hides its defects', async () => {
    expect(await socket.request('order.submit', 'bad')).toMatchObject({ code: 'BAD_REQUEST', field: 'data' });
    const reply = await socket.request('order.submit', 'defect');
    expect(reply).toMatchObject({ code: 'INTERNAL' });
    expect(JSON.stringify(reply)).not.toContain('secret');
  });

  it('hears topics and connections in the same process', async () => {
    for (let index = 1; index <= 3; index += 1) await socket.request('topic.publish', { topic: 'orders.all', data: index });
    await expect
      .poll(() => Audit.messages.map((message) => [message.seq, message.dataText]))
      .toEqual([
        [1, '1'],
        [2, '2'],
        [3, '3'],
      ]);
    await socket.close();
    await expect.poll(() => Audit.events).toEqual(['opened alice', 'closed alice 1000']);
  });
});

@WebSocketGateway()
class SecondOrders {
  @SubscribeMessage('order.submit')
  submit(): void {}
}

@Module({ providers: [Orders, SecondOrders] })
class ConflictingModule {}

describe('two handlers for one action', () => {
  it('stop the start, naming both', async () => {
    await expect(startGateway({ modules: [ConflictingModule] })).rejects.toThrow(
      /order\.submit.*(Orders.*SecondOrders|SecondOrders.*Orders)/s,
    );
  });
});
