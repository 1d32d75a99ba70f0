import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { SchemaObject } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { Refusal } from '../../protocol/refusal.js';
import { OVERVIEW_NAMES, OVERVIEW_SCHEMA, type OverviewSample } from '../../protocol/overview-sample.js';
import { Overview } from '../overview/overview.js';
import { COARSE_STEP_S, FINE_SECONDS, type OverviewSeries } from '../overview/overview-history.js';
import { readQuery } from './query.js';

const FINE_MINUTES = FINE_SECONDS / 60;
const MOST_MINUTES = 60;
const MOST_STEP_S = 600;

const historyQuery = z.strictObject({
  minutes: z.coerce.number().int().min(1).max(MOST_MINUTES).default(MOST_MINUTES),
  step_s: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_STEP_S)
    .refine((step) => step === 1 || step % COARSE_STEP_S === 0, { error: `1, or a multiple of ${COARSE_STEP_S}` })
    .default(COARSE_STEP_S),
});

interface History extends OverviewSeries {
  readonly as_of: number;
  readonly node: string;
  readonly step_s: number;
}

const VALUES = { type: 'array', items: { type: ['number', 'null'] } };
const HISTORY_SCHEMA = {
  type: 'object',
  required: ['as_of', 'node', 'step_s', 'from', 'series'],
  properties: {
    as_of: { type: 'integer', description: 'Milliseconds since the epoch.' },
    node: { type: 'string' },
    step_s: { type: 'integer' },
    from: { type: 'integer', description: 'When the first step begins, milliseconds since the epoch.' },
    series: { type: 'object', properties: Object.fromEntries(OVERVIEW_NAMES.map((name) => [name, VALUES])) },
  },
};

/** How this node does, now and over the last hour, without another program to keep it. */
@ApiTags('operations')
@Controller('api/v1/ops')
export class OpsOverviewController {
  constructor(private readonly overview: Overview) {}

  @Get('overview')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'The last sample of this node, as the topic $ops.overview brings it once a second',
    description: 'Rates are of the last second. What the node writes for itself ($ops, $probe, $canary) is in none of the numbers.',
  })
  @ApiOkResponse({ description: 'The sample.', schema: answerOf(OVERVIEW_SCHEMA) })
  now(): OverviewSample {
    return this.overview.sample();
  }

  @Get('history')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'The same numbers over the last hour',
    description: `Each second of the last ${FINE_MINUTES} minutes (step_s=1), or steps of ${COARSE_STEP_S} s and multiples of it. Whole steps alone, the oldest first; null where a number is not known. Of a longer step: rates and shares are means, queues and delays the worst, the rest the last. Reaches back to the start of the node at most.`,
  })
  @ApiQuery({ name: 'minutes', required: false, type: Number, description: `1 to ${MOST_MINUTES}; with step_s=1 to ${FINE_MINUTES}` })
  @ApiQuery({
    name: 'step_s',
    required: false,
    type: Number,
    description: `1, or a multiple of ${COARSE_STEP_S} up to ${MOST_STEP_S}; default ${COARSE_STEP_S}`,
  })
  @ApiOkResponse({ description: 'The series.', schema: answerOf(HISTORY_SCHEMA) })
  history(@Query() query: unknown): History {
    const { minutes, step_s: stepS } = readQuery(historyQuery, query);
    if (stepS === 1 && minutes > FINE_MINUTES)
      throw Refusal.badRequest(
        'query.minutes',
        `at most ${FINE_MINUTES} with step_s=1: seconds are kept no longer; ask for step_s=${COARSE_STEP_S}`,
      );
    return { as_of: Date.now(), node: this.overview.node, step_s: stepS, ...this.overview.history.read({ minutes, stepS }) };
  }
}

function answerOf(data: object): SchemaObject {
  const properties = { code: { type: 'string', enum: ['OK'] }, message: { type: 'string' }, data, trace_id: { type: 'string' } };
  return { type: 'object', required: ['code', 'message', 'data'], properties };
}
