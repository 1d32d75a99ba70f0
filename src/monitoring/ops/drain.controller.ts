import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ApiBody, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { noteForAudit } from '../../audit/audit-note.js';
import { Requires } from '../../auth/requires.js';
import type { DrainForecast, DrainProgress } from '../../messaging/node-drain.js';
import { DRAIN_BODY, readDrainPlan } from '../nodes/drain-body.js';
import { type Elsewhere, elsewhereOf } from '../nodes/other-nodes.js';
import { ThisNode } from '../nodes/this-node.js';
import { actorOf, type AdmittedRequest } from './admitted-request.js';
import { readQuery } from './query.js';

const drainQuery = z.strictObject({ over_s: z.coerce.number().optional(), deadline_s: z.coerce.number().optional() });
const NODE = { name: 'node', description: 'Its name, or `this` for the one that answers' };
/** It closes connections of many users at once, as revocations do. */
const DRAINERS = { scope: 'admin', users: false, operator: 'operator' } as const;

interface DrainReport {
  readonly as_of: number;
  readonly node: string;
  /** The drain that holds the node, under way or done. */
  readonly drain: DrainProgress | null;
  /** What one would do, where none holds it. */
  readonly forecast: DrainForecast | null;
  readonly elsewhere: Elsewhere;
  /** The last one that was cancelled. */
  readonly cancelled: DrainProgress | null;
}

/** What will draining this node do, and how far is it? */
@ApiTags('operations')
@Controller('api/v1/ops/nodes/:node/drain')
export class OpsDrainController {
  constructor(
    private readonly self: ThisNode,
    private readonly modules: ModuleRef,
  ) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'What a drain of this node would do or, while one holds it, how far it is' })
  @ApiParam(NODE)
  @ApiQuery({ name: 'over_s', required: false, type: Number, description: 'For a forecast: as in the body of POST' })
  @ApiQuery({ name: 'deadline_s', required: false, type: Number, description: 'For a forecast: as in the body of POST' })
  async report(@Param('node') node: string, @Query() query: unknown): Promise<DrainReport> {
    this.self.require(node);
    const { drain } = this.self;
    const plan = readDrainPlan(readQuery(drainQuery, query), drain.plan);
    const elsewhere = await elsewhereOf(this.modules, this.self.name);
    const { current } = drain;
    return {
      as_of: Date.now(),
      node: this.self.name,
      drain: current ?? null,
      forecast: current === undefined ? drain.forecast(plan) : null,
      elsewhere,
      cancelled: drain.last ?? null,
    };
  }

  @Post()
  @HttpCode(202)
  @Requires({ ...DRAINERS, audit: 'node.drain' })
  @ApiOperation({
    summary: 'Empties this node while it runs: nobody new is let in, everybody is sent elsewhere',
    description:
      'Readiness goes off and upgrades are refused with DRAINING; requests are answered. Clients are told by sys.reconnect, then closed with 1012, evenly over over_s; commands under way get their replies. ' +
      'Operators’ own consoles come last. Then the node stays up, empty, until DELETE takes it back or its process is stopped. Refused with CONFLICT while it is drained already.',
  })
  @ApiParam(NODE)
  @ApiBody({ schema: DRAIN_BODY, required: false })
  start(@Param('node') node: string, @Body() body: unknown, @Req() request: AdmittedRequest): DrainProgress {
    this.self.require(node);
    const { drain } = this.self;
    noteForAudit(request, { target: this.self.name });
    const progress = drain.start(readDrainPlan(body, drain.plan), actorOf(request));
    const { connections, over_s, deadline_s } = progress;
    noteForAudit(request, { after: { connections, over_s, deadline_s } });
    return progress;
  }

  @Delete()
  @HttpCode(200)
  @Requires({ ...DRAINERS, audit: 'node.take_back' })
  @ApiOperation({ summary: 'Takes the node back: what has not left stays, and connections are let in again' })
  @ApiParam(NODE)
  cancel(@Param('node') node: string, @Req() request: AdmittedRequest): DrainProgress {
    this.self.require(node);
    noteForAudit(request, { target: this.self.name });
    const progress = this.self.drain.cancel();
    const { connections, closed, left } = progress;
    noteForAudit(request, { after: { connections, closed, left } });
    return progress;
  }
}
