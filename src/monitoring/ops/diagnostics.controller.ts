import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Body, Controller, Get, HttpCode, Post, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Principal, SCOPES } from '../../auth/principal.js';
import { type AuditedRequest, noteForAudit } from '../../audit/audit-note.js';
import { Requires } from '../../auth/requires.js';
import { Refusal } from '../../protocol/refusal.js';
import { Diagnosis, type DiagnosisFile } from '../diagnosis/diagnosis.js';
import type { EventLoopReport } from '../../protocol/ops/event-loop-answer.js';
import { readQuery } from './query.js';

const LONGEST_S = 60;
const seconds = (standard: number) => z.strictObject({ seconds: z.coerce.number().min(0.1).max(LONGEST_S).default(standard) });
const profileQuery = seconds(10);
const loopQuery = seconds(5);
const snapshotBody = z.strictObject({ confirm: z.literal(true) });

/** What the admission of the gateway leaves on a request. */
interface AdmittedRequest extends AuditedRequest {
  readonly principal?: Principal;
}

interface Headers {
  header(name: string, value: string): unknown;
}

/** Looks into this node while it works: its event loop, its CPU time, its heap. */
@ApiTags('operations')
@Controller('api/v1/ops/diagnostics')
export class OpsDiagnosticsController {
  constructor(private readonly diagnosis: Diagnosis) {}

  @Get('event-loop')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'Delay of the event loop over a window that begins now, garbage collection, resources and heap spaces' })
  @ApiQuery({ name: 'seconds', required: false, type: Number, description: 'Length of the window, at most 60; default 5' })
  async eventLoop(@Query() query: unknown): Promise<EventLoopReport> {
    const { seconds: length } = readQuery(loopQuery, query);
    return this.diagnosis.eventLoop(length);
  }

  @Post('cpu-profile')
  @HttpCode(200)
  @Requires({ scope: 'ops', users: false, operator: 'operator', audit: 'diagnostics.cpu_profile' })
  @ApiOperation({ summary: 'Takes a CPU profile of this node, keeps it in its data directory and answers with it' })
  @ApiQuery({ name: 'seconds', required: false, type: Number, description: 'At most 60; default 10' })
  @ApiProduces('application/octet-stream')
  async cpuProfile(
    @Query() query: unknown,
    @Req() request: AdmittedRequest,
    @Res({ passthrough: true }) reply: Headers,
  ): Promise<StreamableFile> {
    const { seconds: length } = readQuery(profileQuery, query);
    const file = await this.diagnosis.cpuProfile(length);
    note(request, file);
    return download(file, reply);
  }

  @Post('heap-snapshot')
  @HttpCode(200)
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'diagnostics.heap_snapshot' })
  @ApiOperation({
    summary: 'Takes a heap snapshot of this node, keeps it in its data directory and answers with it',
    description:
      'The node does nothing else meanwhile, for seconds where its heap is large. A snapshot holds secrets and messages, so it needs an API key with every scope.',
  })
  @ApiBody({ schema: { type: 'object', properties: { confirm: { type: 'boolean', enum: [true] } }, required: ['confirm'] } })
  @ApiProduces('application/octet-stream')
  async heapSnapshot(
    @Body() body: unknown,
    @Req() request: AdmittedRequest,
    @Res({ passthrough: true }) reply: Headers,
  ): Promise<StreamableFile> {
    requireEveryScope(request.principal);
    if (!snapshotBody.safeParse(body).success)
      throw Refusal.badRequest(
        'confirm',
        'send {"confirm": true}: the node does nothing else while it writes its heap, for seconds where that is large',
      );
    const file = await this.diagnosis.heapSnapshot();
    note(request, file);
    return download(file, reply);
  }
}

function note(request: AdmittedRequest, { path, stoppedMs }: DiagnosisFile): void {
  noteForAudit(request, { after: { path, stopped_ms: Math.round(stoppedMs) } });
}

/** With the signing secret in it a snapshot gives every right there is. */
function requireEveryScope(principal: Principal | undefined): void {
  if (SCOPES.every((scope) => principal?.scopes.includes(scope))) return;
  throw new Refusal(
    'PERMISSION_DENIED',
    `a heap snapshot holds secrets and messages: it needs an API key with every scope (${SCOPES.join(', ')})`,
    {
      rule: 'diagnostics.heap.scopes',
    },
  );
}

async function download({ path, stoppedMs }: DiagnosisFile, reply: Headers): Promise<StreamableFile> {
  reply.header('x-waybill-file', path);
  reply.header('x-waybill-stopped-ms', String(Math.round(stoppedMs)));
  const { size } = await stat(path);
  return new StreamableFile(createReadStream(path), { length: size, disposition: `attachment; filename="${basename(path)}"` });
}
