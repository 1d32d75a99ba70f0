import { Controller, Get, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../../config/config.js';
import { asyncApi } from '../../../protocol/asyncapi.js';
import { Refusal } from '../../../protocol/refusal.js';
import { pathParameter } from '../request.js';
import { OpenApi } from './open-api.js';
import { PAGE_POLICY, pagePart } from './swagger-page.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const Open = (): MethodDecorator => RouteConfig({ open: true });

/** The documents: OpenAPI with a page to read it, AsyncAPI. Open to everybody: they tell of the protocol, not of this gateway. */
@ApiExcludeController()
@Controller('api')
export class DocumentsController {
  private readonly asyncApiText: string;

  constructor(
    private readonly openApi: OpenApi,
    config: Config,
  ) {
    this.asyncApiText = JSON.stringify(asyncApi({ frameBytes: config.gateway.frameBytes }));
  }

  @Get('docs-json')
  @Open()
  openApiDocument(@Res() reply: FastifyReply): void {
    reply.type(JSON_TYPE).send(this.openApi.json());
  }

  @Get('asyncapi.json')
  @Open()
  asyncApiDocument(@Res() reply: FastifyReply): void {
    reply.type(JSON_TYPE).send(this.asyncApiText);
  }

  @Get('docs')
  @Open()
  async page(@Res() reply: FastifyReply): Promise<void> {
    await send(reply, '');
  }

  @Get('docs/:part')
  @Open()
  async part(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await send(reply, pathParameter(request, 'part'));
  }
}

async function send(reply: FastifyReply, name: string): Promise<void> {
  const part = await pagePart(name);
  if (part === undefined) throw new Refusal('NOT_FOUND', 'there is no such file');
  reply.header('content-security-policy', PAGE_POLICY).type(part.type).send(part.content);
}
