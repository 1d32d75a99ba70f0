import {
  BadRequestException,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  Module,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
} from '@nestjs/websockets';
import { map, type Observable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SocketServer } from '../../../test/support/socket-server.js';
import type { CommandContext } from './command-context.js';
import type { Connection } from './connection.js';

@Injectable()
class OnlyBob implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.getType() === 'ws' && context.switchToWs().getClient<Connection>().principal.id === 'bob';
  }
}

@Injectable()
class Loud implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value) => ({ loud: value, pattern: context.switchToWs().getPattern() })));
  }
}

class ToNumber implements PipeTransform {
  transform(value: unknown): number {
    if (typeof value !== 'number') throw new BadRequestException('amount: must be a number');
    return value * 2;
  }
}

@WebSocketGateway()
class Shop implements OnGatewayConnection<Connection>, OnGatewayDisconnect<Connection> {
  static readonly seen: string[] = [];

  @SubscribeMessage('shop.plain')
  plain(connection: Connection, data: unknown, context: CommandContext): unknown {
    return { data, user: context.principal.id, same: context.connection === connection };
  }

  @UseGuards(OnlyBob)
  @SubscribeMessage('shop.guarded')
  guarded(connection: Connection, data: unknown, context: CommandContext): unknown {
    return this.plain(connection, data, context);
  }

  @SubscribeMessage('shop.decorated')
  decorated(@MessageBody('amount', ToNumber) amount: number, @ConnectedSocket() connection: Connection): unknown {
    return { amount, user: connection.principal.id };
  }

  @UseInterceptors(Loud)
  @SubscribeMessage('shop.intercepted')
  intercepted(): string {
    return 'quiet';
  }

  @SubscribeMessage('shop.exception')
  exception(): never {
    throw new WsException('said to the client');
  }

  async handleConnection(connection: Connection): Promise<void> {
    Shop.seen.push(`+${connection.principal.id}`);
    throw new Error('harms nobody');
  }

  handleDisconnect(connection: Connection, reason?: unknown): void {
    Shop.seen.push(`-${connection.principal.id} ${String(reason)}`);
    throw new Error('harms nobody');
  }
}

@Module({ providers: [Shop, OnlyBob, Loud] })
class ShopModule {}

describe('a module of the application', () => {
  let server: SocketServer;
  beforeAll(async () => {
    server = await SocketServer.start({ modules: [ShopModule] });
  });
  afterAll(() => server.close());

  it('adds an action by declaring it', async () => {
    const alice = await server.connect();
    expect(await alice.request('shop.plain', [1])).toMatchObject({ code: 'OK', data: { data: [1], user: 'alice', same: true } });
    await alice.close();
  });

  it('guards it the Nest way', async () => {
    const [alice, bob] = [await server.connect('alice'), await server.connect('bob')];
    expect(await alice.request('shop.guarded', 1)).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await bob.request('shop.guarded', 1)).toMatchObject({ code: 'OK', data: { user: 'bob', same: true } });
    await alice.close();
    await bob.close();
  });

  it('uses parameter decorators, pipes, interceptors and exceptions', async () => {
    const alice = await server.connect();
    expect(await alice.request('shop.decorated', { amount: 21 })).toMatchObject({ code: 'OK', data: { amount: 42, user: 'alice' } });
    expect(await alice.request('shop.decorated', { amount: 'x' })).toMatchObject({
      code: 'BAD_REQUEST',
      message: 'amount: must be a number',
    });
    expect(await alice.request('shop.intercepted')).toMatchObject({ code: 'OK', data: { loud: 'quiet', pattern: 'shop.intercepted' } });
    expect(await alice.request('shop.exception')).toMatchObject({ code: 'BAD_REQUEST', message: 'said to the client' });
    await alice.close();
  });

  it('hears of connections, and a hook that throws harms nobody', async () => {
    Shop.seen.length = 0;
    const carol = await server.connect('carol');
    expect(await carol.request('ping')).toMatchObject({ code: 'OK' });
    await carol.close();
    await expect.poll(() => Shop.seen).toEqual(['+carol', '-carol closed by the client']);
  });
});

@Injectable()
class Broken implements CanActivate, NestInterceptor, PipeTransform {
  canActivate(): boolean {
    throw new Error('a guard written for REST');
  }
  intercept(): never {
    throw new Error('an interceptor written for REST');
  }
  transform(): never {
    throw new Error('a pipe written for REST');
  }
}

@Module({ providers: [{ provide: APP_GUARD, useClass: Broken }] })
class BrokenModule {}

describe('a global hook of Nest', () => {
  it('cannot break an upgrade or the built-in actions', async () => {
    const broken = new Broken();
    const server = await SocketServer.start({
      modules: [BrokenModule, ShopModule],
      prepare: (app) => void app.useGlobalGuards(broken).useGlobalInterceptors(broken).useGlobalPipes(broken),
    });
    const alice = await server.connect();
    expect(await alice.request('ping')).toMatchObject({ code: 'OK' });
    expect(await alice.request('topic.publish', { topic: 'a.b', data: 1 })).toMatchObject({ code: 'OK' });
    expect(await alice.request('shop.plain')).toMatchObject({ code: 'OK' });
    expect(await alice.request('shop.guarded')).toMatchObject({ code: 'INTERNAL' });
    await server.close();
  });
});

@WebSocketGateway()
class OtherShop {
  @SubscribeMessage('shop.plain')
  again(): void {}
}

@WebSocketGateway()
class BuiltInThief {
  @SubscribeMessage('topic.publish')
  steal(): void {}
}

@Injectable({ scope: Scope.REQUEST })
@WebSocketGateway()
class Scoped {
  @SubscribeMessage('scoped')
  handle(): void {}
}

@WebSocketGateway(8_099)
class OwnPort {}

@WebSocketGateway({ path: '/mine' })
class OwnPath {}

@WebSocketGateway()
class PatternObject {
  @SubscribeMessage({ command: 'x' } as unknown as string)
  handle(): void {}
}

describe('the start is refused for', () => {
  it.each<[string, readonly Type[], RegExp]>([
    ['two handlers of one action', [Shop, OtherShop], /"shop\.plain".*Shop\.plain.*OtherShop\.again/],
    ['a handler of a built-in action', [BuiltInThief], /"topic\.publish".*PublishGateway\.publish.*BuiltInThief\.steal/],
    ['a request-scoped gateway', [Scoped], /Scoped.*singleton/],
    ['a gateway with a port of its own', [OwnPort], /no port, path or namespace/],
    ['a gateway with a path of its own', [OwnPath], /no port, path or namespace/],
    ['an action that is not a string', [PatternObject], /PatternObject\.handle/],
  ])('%s', async (_case, providers, message) => {
    @Module({ providers: [...providers, OnlyBob, Loud] })
    class Faulty {}
    await expect(SocketServer.start({ modules: [Faulty] })).rejects.toThrow(message);
  });
});
