import { randomBytes } from 'node:crypto';
import { Controller, Get, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../config/config.js';
import { Refusal } from '../../protocol/refusal.js';
import { Admission } from '../admission.js';
import { pagePolicy } from '../http/security-headers.js';
import { codingFor, type ConsoleFile, readConsoleFiles } from './console-files.js';

/** What the build wrote where the nonce of each page stands. */
const NONCE_PLACE = '__WAYBILL_NONCE__';
const NONCE_BYTES = 16;
const PAGE = 'index.html';
const YEAR_SECONDS = 31_536_000;

const Open = (): MethodDecorator => RouteConfig({ open: true });

/**
 * The operators' console: files that are the same for everybody. What it shows comes from REST, which asks who is there. Every path that is no file is the
 * page itself, which reads its address.
 */
@ApiExcludeController()
@Controller('console')
export class ConsoleController {
  private files: Promise<ReadonlyMap<string, ConsoleFile>> | undefined;

  constructor(
    private readonly admission: Admission,
    private readonly config: Config,
  ) {}

  @Get()
  @Open()
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.sendPage(request, reply);
  }

  @Get('*')
  @Open()
  async file(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const name = (request.params as { readonly '*'?: string })['*'] ?? '';
    const file = name === PAGE ? undefined : (await this.all()).get(name);
    if (file !== undefined) sendFile(request, reply, file);
    else if (name.startsWith('assets/'))
      throw new Refusal('NOT_FOUND', 'there is no such file; load the console again, it may have been upgraded');
    else await this.sendPage(request, reply);
  }

  private async sendPage(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const page = (await this.all()).get(PAGE);
    if (page === undefined) throw new Refusal('NOT_FOUND', 'the console was not built; run "npm run build"');
    const nonce = randomBytes(NONCE_BYTES).toString('base64');
    const policy = pagePolicy(request.raw, this.admission.isTls(request.raw), nonce);
    reply.header('content-security-policy', policy).type(page.type).send(page.content.toString('utf8').replaceAll(NONCE_PLACE, nonce));
  }

  private async all(): Promise<ReadonlyMap<string, ConsoleFile>> {
    if (!this.config.server.console) throw new Refusal('NOT_FOUND', 'this gateway has no console (option server.console is off)');
    return (this.files ??= readConsoleFiles());
  }
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: ConsoleFile): void {
  reply.headers({
    etag: file.etag,
    vary: 'accept-encoding',
    'cache-control': file.immutable ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache',
  });
  if (request.headers['if-none-match'] === file.etag) return void reply.code(304).send();
  const coding = codingFor(request.headers['accept-encoding'], file);
  if (coding !== undefined) reply.header('content-encoding', coding);
  reply.type(file.type).send((coding === undefined ? undefined : file.encoded.get(coding)) ?? file.content);
}
