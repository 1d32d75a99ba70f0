import { Controller, Get } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import { Refusal } from '../../protocol/refusal.js';

/** What the public port says beside REST: that the process lives, and how the socket's path is used. */
@ApiExcludeController()
@Controller()
export class DoorsController {
  @Get('healthz')
  @RouteConfig({ liveness: true })
  alive(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ws')
  @RouteConfig({ open: true })
  socketOnly(): never {
    throw new Refusal(
      'UPGRADE_REQUIRED',
      'this path speaks WebSocket: connect with an Upgrade request, version 13, subprotocol waybill.v1',
    );
  }
}
