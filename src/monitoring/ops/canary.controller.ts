import { Controller, Get, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { CANARY_PATHS, type CanaryPath, type CanaryResult } from '../canary/canary-result.js';
import { Canary } from '../canary/canary.js';
import { EveryNode } from '../nodes/every-node.js';
import { NODE_QUERY, nodeParameter } from './node-query.js';
import { readQuery } from './query.js';

const KIND = 'ops.canary';
const reportQuery = z.strictObject({ node: nodeParameter });

interface PathReport {
  /** Whose canary it is. */
  readonly node: string;
  readonly path: CanaryPath;
  readonly last?: CanaryResult;
  readonly failed_in_row: number;
  /** The last runs, newest first. */
  readonly history: readonly CanaryResult[];
}

interface CanaryReport {
  readonly as_of: number;
  /** Milliseconds between two rounds; 0: only those that somebody asks for. */
  readonly interval_ms: number;
  /** Of every node, the one that answers first. */
  readonly items: readonly PathReport[];
  /** Nodes that did not answer. */
  readonly missing: readonly MissingNode[];
}

interface CanaryRun {
  readonly as_of: number;
  readonly ok: boolean;
  readonly items: readonly CanaryResult[];
}

/** Is delivery working right now, end to end, through a real socket of each node? */
@ApiTags('operations')
@Controller('api/v1/ops/canary')
export class OpsCanaryController {
  constructor(
    private readonly canary: Canary,
    private readonly nodes: EveryNode,
  ) {
    nodes.answer(KIND, () => this.here());
  }

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'How the last hundred round trips of each path went, hop by hop, on every node' })
  @ApiQuery(NODE_QUERY)
  async report(@Query() query: unknown): Promise<CanaryReport> {
    const { node } = readQuery(reportQuery, query);
    const { answers, missing } = await this.nodes.ask<readonly Omit<PathReport, 'node'>[]>(KIND, {}, node);
    const items = answers.flatMap(({ node: whose, answer }) => answer.map((path): PathReport => ({ node: whose, ...path })));
    const isOwn = (item: PathReport): number => (item.node === this.nodes.self ? 0 : 1);
    return {
      as_of: Date.now(),
      interval_ms: this.canary.plan.intervalMs,
      items: items.toSorted((one, other) => isOwn(one) - isOwn(other)),
      missing,
    };
  }

  @Post()
  @Requires({ scope: 'ops', users: false, operator: 'operator', audit: 'canary.run' })
  @ApiOperation({ summary: 'Sends the canary of this node round now, both paths, and answers how it went' })
  async run(): Promise<CanaryRun> {
    const items = await this.canary.now();
    return { as_of: Date.now(), ok: items.length > 0 && items.every(({ result }) => result === 'ok'), items };
  }

  private here(): readonly Omit<PathReport, 'node'>[] {
    return CANARY_PATHS.map((path) => {
      const last = this.canary.last(path);
      return {
        path,
        ...(last === undefined ? {} : { last }),
        failed_in_row: this.canary.failures(path),
        history: this.canary.history(path),
      };
    });
  }
}
