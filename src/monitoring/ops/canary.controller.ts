import { Controller, Get, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../auth/requires.js';
import { CANARY_PATHS, type CanaryPath, type CanaryResult } from '../canary/canary-result.js';
import { Canary } from '../canary/canary.js';

interface PathReport {
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
  readonly items: readonly PathReport[];
}

interface CanaryRun {
  readonly as_of: number;
  readonly ok: boolean;
  readonly items: readonly CanaryResult[];
}

/** Is delivery working right now, end to end, through a real socket of this node? */
@ApiTags('operations')
@Controller('api/v1/ops/canary')
export class OpsCanaryController {
  constructor(private readonly canary: Canary) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'How the last hundred round trips of each path went, hop by hop' })
  report(): CanaryReport {
    return {
      as_of: Date.now(),
      interval_ms: this.canary.plan.intervalMs,
      items: CANARY_PATHS.map((path) => {
        const last = this.canary.last(path);
        return {
          path,
          ...(last === undefined ? {} : { last }),
          failed_in_row: this.canary.failures(path),
          history: this.canary.history(path),
        };
      }),
    };
  }

  @Post()
  @Requires({ scope: 'ops', users: false, operator: 'operator', audit: 'canary.run' })
  @ApiOperation({ summary: 'Sends the canary round now, both paths, and answers how it went' })
  async run(): Promise<CanaryRun> {
    const items = await this.canary.now();
    return { as_of: Date.now(), ok: items.length > 0 && items.every(({ result }) => result === 'ok'), items };
  }
}
