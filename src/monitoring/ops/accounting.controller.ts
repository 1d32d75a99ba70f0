import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../auth/requires.js';
import { accountOf, type NamespaceAccount } from '../accounting/accounting.js';
import { Metrics } from '../metrics/metrics.js';

interface Accounting {
  readonly as_of: number;
  /** Since when it is counted, milliseconds since the epoch: the start of this node. */
  readonly since: number;
  /** Whether the deliveries of every namespace balance. */
  readonly balanced: boolean;
  readonly items: readonly NamespaceAccount[];
  /** Messages given to the bus and taken from it, and calls of it that failed. */
  readonly bus: { readonly out: number; readonly in: number; readonly failed: number };
  /** Messages that did not reach a subscriber, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** Is anything being lost on this node? */
@ApiTags('operations')
@Controller('api/v1/ops/accounting')
export class OpsAccountingController {
  private readonly since = Date.now();

  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'Whether what was to be delivered balances with what became of it, by namespace',
    description: 'matched = written + dropped + queued + unconfirmed + not_written, on this node and since it started, read in one moment.',
  })
  accounting(): Accounting {
    const { series } = this.metrics;
    const items = accountOf(this.metrics);
    return {
      as_of: Date.now(),
      since: this.since,
      balanced: items.every(({ deliveries }) => deliveries.balanced),
      items,
      bus: {
        out: series.busMessages.of('out').value,
        in: series.busMessages.of('in').value,
        failed: series.busErrors.cells().reduce((sum, [, { value }]) => sum + value, 0),
      },
      dropped: Object.fromEntries(series.droppedMessages.cells().map(([[reason = ''], { value }]) => [reason, value])),
    };
  }
}
