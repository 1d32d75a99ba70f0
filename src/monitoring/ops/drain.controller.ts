import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { noteForAudit } from '../../audit/audit-note.js';
import { Requires } from '../../auth/requires.js';
import type { DrainProgress } from '../../messaging/node-drain.js';
import { AllNodes } from '../nodes/all-nodes.js';
import { DRAIN_BODY } from '../nodes/drain-body.js';
import type { DrainReport } from '../nodes/drain-report.js';
import { actorOf, type AdmittedRequest } from './admitted-request.js';
import { readQuery } from './query.js';

const drainQuery = z.strictObject({ over_s: z.coerce.number().optional(), deadline_s: z.coerce.number().optional() });
const NODE = { name: 'node', description: 'Its name, or `this` for the one that answers' };
/** It closes connections of many users at once, as revocations do. */
const DRAINERS = { scope: 'admin', users: false, operator: 'operator' } as const;

/** What will draining this node do, and how far is it? */
@ApiTags('operations')
@Controller('api/v1/ops/nodes/:node/drain')
export class OpsDrainController {
  constructor(private readonly all: AllNodes) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'What a drain of the node would do or, while one holds it, how far it is' })
  @ApiParam(NODE)
  @ApiQuery({ name: 'over_s', required: false, type: Number, description: 'For a forecast: as in the body of POST' })
  @ApiQuery({ name: 'deadline_s', required: false, type: Number, description: 'For a forecast: as in the body of POST' })
  report(@Param('node') node: string, @Query() query: unknown): Promise<DrainReport> {
    return this.all.drainReport(node, readQuery(drainQuery, query));
  }

  @Post()
  @HttpCode(202)
  @Requires({ ...DRAINERS, audit: 'node.drain' })
  @ApiOperation({
    summary: 'Empties the node while it runs: nobody new is let in, everybody is sent elsewhere',
    description:
      'Readiness goes off and upgrades are refused with DRAINING; requests are answered. Clients are told by sys.reconnect, then closed with 1012, evenly over over_s; commands under way get their replies. ' +
      'Operators’ own consoles come last. Then the node stays up, empty, until DELETE takes it back or its process is stopped. Refused with CONFLICT while it is drained already.',
  })
  @ApiParam(NODE)
  @ApiBody({ schema: DRAIN_BODY, required: false })
  async start(@Param('node') node: string, @Body() body: unknown, @Req() request: AdmittedRequest): Promise<DrainProgress> {
    noteForAudit(request, { target: this.all.nameOf(node) });
    const progress = await this.all.startDrain(node, body, actorOf(request));
    const { connections, over_s, deadline_s } = progress;
    noteForAudit(request, { after: { connections, over_s, deadline_s } });
    return progress;
  }

  @Delete()
  @HttpCode(200)
  @Requires({ ...DRAINERS, audit: 'node.take_back' })
  @ApiOperation({ summary: 'Takes the node back: what has not left stays, and connections are let in again' })
  @ApiParam(NODE)
  async cancel(@Param('node') node: string, @Req() request: AdmittedRequest): Promise<DrainProgress> {
    noteForAudit(request, { target: this.all.nameOf(node) });
    const progress = await this.all.cancelDrain(node);
    const { connections, closed, left } = progress;
    noteForAudit(request, { after: { connections, closed, left } });
    return progress;
  }
}
