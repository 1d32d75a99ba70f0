/**
 * A Nest gateway over the stock `WsAdapter`, which sends to the server's clients in a loop as its documentation teaches. Node runs
 * this file by stripping its types, so the decorators are applied by hand.
 */
import '../rig/end-with-parent.ts';
import 'reflect-metadata';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { WebSocket, type WebSocketServer as WsServer } from 'ws';

class FanGateway {
  server: WsServer | undefined;

  publish(data: unknown): void {
    const message = JSON.stringify({ event: 'tick', data });
    for (const client of this.server?.clients ?? []) {
      if (client.readyState === WebSocket.OPEN) client.send(message);
    }
  }
}

class FanModule {}

WebSocketServer()(FanGateway.prototype, 'server');
SubscribeMessage('publish')(FanGateway.prototype, 'publish', methodOf('publish'));
MessageBody()(FanGateway.prototype, 'publish', 0);
WebSocketGateway()(FanGateway);
Module({ providers: [FanGateway] })(FanModule);

const application = await NestFactory.create(FanModule, new FastifyAdapter(), { logger: ['error'] });
application.useWebSocketAdapter(new WsAdapter(application));
await application.listen(0, '127.0.0.1');
const address = (application.getHttpServer() as HttpServer).address() as AddressInfo;
process.stdout.write(`${JSON.stringify({ port: address.port })}\n`);

function methodOf(name: 'publish'): TypedPropertyDescriptor<unknown> {
  return Object.getOwnPropertyDescriptor(FanGateway.prototype, name) ?? {};
}
