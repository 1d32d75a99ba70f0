import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { SchemaObject } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { Refusal } from '../../protocol/refusal.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { OVERVIEW_NAMES, OVERVIEW_SCHEMA, type SystemSample } from '../../protocol/overview-sample.js';
import { Overview } from '../overview/overview.js';
import { EveryNode } from '../nodes/every-node.js';
import { COARSE_STEP_S, FINE_SECONDS, type HistoryRange, type OverviewSeries } from '../overview/overview-history.js';
import { seriesOfNodes } from '../overview/series-of-nodes.js';
import { NODE_QUERY, nodeParameter, requireAnswer } from './node-query.js';
import { readQuery } from './query.js';

const FINE_MINUTES = FINE_SECONDS / 60;
const MOST_MINUTES = 60;
const MOST_STEP_S = 600;
const MS_PER_SECOND = 1_000;

const historyQuery = z.strictObject({
  minutes: z.coerce.number().int().min(1).max(MOST_MINUTES).default(MOST_MINUTES),
  step_s: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_STEP_S)
    .refine((step) => step === 1 || step % COARSE_STEP_S === 0, { error: `1, or a multiple of ${COARSE_STEP_S}` })
    .default(COARSE_STEP_S),
  node: nodeParameter,
});
const KIND = 'ops.history';

interface History extends OverviewSeries {
  readonly as_of: number;
  /** The one that answers. */
  readonly node: string;
  /** Whose numbers are in it. */
  readonly nodes: readonly string[];
  readonly missing: readonly MissingNode[];
  readonly step_s: number;
}

const VALUES = { type: 'array', items: { type: ['number', 'null'] } };
const HISTORY_SCHEMA = {
  type: 'object',
  required: ['as_of', 'node', 'nodes', 'missing', 'step_s', 'from', 'series'],
  properties: {
    as_of: { type: 'integer', description: 'Milliseconds since the epoch.' },
    node: { type: 'string', description: 'The one that answers.' },
    nodes: { type: 'array', items: { type: 'string' }, description: 'Whose numbers are in it.' },
    missing: {
      type: 'array',
      description: 'Nodes that did not answer.',
      items: { type: 'object', properties: { node: { type: 'string' }, reason: { type: 'string' }, says: { type: 'string' } } },
    },
    step_s: { type: 'integer' },
    from: { type: 'integer', description: 'When the first step begins, milliseconds since the epoch.' },
    series: { type: 'object', properties: Object.fromEntries(OVERVIEW_NAMES.map((name) => [name, VALUES])) },
  },
};

/** How all nodes do, now and over the last hour, without another program to keep it. */
@ApiTags('operations')
@Controller('api/v1/ops')
export class OpsOverviewController {
  constructor(
    private readonly overview: Overview,
    private readonly nodes: EveryNode,
  ) {
    nodes.answer(KIND, (range: HistoryRange) => overview.history.read(range));
  }

  @Get('overview')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'The last sample of all nodes, as the topic $ops.overview brings it once a second',
    description:
      'Rates are of the last second. What nodes write for themselves ($ops, $probe, $canary) is in none of the numbers. What is counted is added up over the nodes; of latencies, delays and shares the worst node stands for all.',
  })
  @ApiOkResponse({ description: 'The sample.', schema: answerOf(OVERVIEW_SCHEMA) })
  now(): Promise<SystemSample> {
    return this.overview.system();
  }

  @Get('history')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'The same numbers over the last hour',
    description: `Each second of the last ${FINE_MINUTES} minutes (step_s=1), or steps of ${COARSE_STEP_S} s and multiples of it. Whole steps alone, the oldest first; null where a number is not known. Of a longer step: rates and shares are means, queues and delays the worst, the rest the last. Over the nodes as in ops/overview. Reaches back to the start of the nodes at most.`,
  })
  @ApiQuery({ name: 'minutes', required: false, type: Number, description: `1 to ${MOST_MINUTES}; with step_s=1 to ${FINE_MINUTES}` })
  @ApiQuery({
    name: 'step_s',
    required: false,
    type: Number,
    description: `1, or a multiple of ${COARSE_STEP_S} up to ${MOST_STEP_S}; default ${COARSE_STEP_S}`,
  })
  @ApiQuery(NODE_QUERY)
  @ApiOkResponse({ description: 'The series.', schema: answerOf(HISTORY_SCHEMA) })
  async history(@Query() query: unknown): Promise<History> {
    const { minutes, step_s: stepS, node } = readQuery(historyQuery, query);
    if (stepS === 1 && minutes > FINE_MINUTES)
      throw Refusal.badRequest(
        'query.minutes',
        `at most ${FINE_MINUTES} with step_s=1: seconds are kept no longer; ask for step_s=${COARSE_STEP_S}`,
      );
    const { answers, missing } = await this.nodes.ask<OverviewSeries>(KIND, { minutes, stepS } satisfies HistoryRange, node);
    requireAnswer(answers, missing);
    const series = seriesOfNodes(
      answers.map(({ answer }) => answer),
      stepS * MS_PER_SECOND,
    );
    const nodes = answers.map(({ node: whose }) => whose);
    return { as_of: Date.now(), node: this.overview.node, nodes, missing, step_s: stepS, ...series };
  }
}

function answerOf(data: object): SchemaObject {
  const properties = { code: { type: 'string', enum: ['OK'] }, message: { type: 'string' }, data, trace_id: { type: 'string' } };
  return { type: 'object', required: ['code', 'message', 'data'], properties };
}
