import { Controller, Get, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../../config/config.js';
import { asyncApi } from '../../../protocol/asyncapi.js';
import { Refusal } from '../../../protocol/refusal.js';
import { Admission } from '../../admission.js';
import { pathParameter } from '../request.js';
import { pagePolicy } from '../security-headers.js';
import { OpenApi } from './open-api.js';
import { pagePart } from './swagger-page.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const Open = (): MethodDecorator => RouteConfig({ open: true });

/** The documents: OpenAPI with a page to read it, AsyncAPI. Open to everybody: they tell of the protocol, not of this gateway. */
@ApiExcludeController()
@Controller('api')
export class DocumentsController {
  private readonly asyncApiText: string;

  constructor(
    private readonly openApi: OpenApi,
    private readonly admission: Admission,
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
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.send(request, reply, '');
  }

  @Get('docs/:part')
  @Open()
  async part(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.send(request, reply, pathParameter(request, 'part'));
  }

  private async send(request: FastifyRequest, reply: FastifyReply, name: string): Promise<void> {
    const part = await pagePart(name);
    if (part === undefined) throw new Refusal('NOT_FOUND', 'there is no such file');
    const policy = pagePolicy(request.raw, this.admission.isTls(request.raw));
    reply.header('content-security-policy', policy).type(part.type).send(part.content);
  }
}
