import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../auth/requires.js';
import { Refusal } from '../../protocol/refusal.js';
import { runbookNameOf } from '../alarms/alarm-rules.js';
import { type Runbook, runbooks } from '../alarms/runbooks.js';

/** What to do about an alarm. */
@ApiTags('operations')
@Controller('api/v1/ops/runbooks')
export class OpsRunbooksController {
  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'The runbooks that this program brings along' })
  list(): { readonly items: readonly Pick<Runbook, 'name' | 'title'>[] } {
    return { items: [...runbooks().values()].map(({ name, title }) => ({ name, title })) };
  }

  @Get(':name')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'One runbook, as Markdown' })
  @ApiParam({ name: 'name', description: 'The name of an alarm, or of its page: WaybillMemoryHigh, waybill-memory-high, part.jwks' })
  one(@Param('name') name: string): Runbook {
    const found = runbooks().get(runbookNameOf(name));
    if (found === undefined) throw new Refusal('NOT_FOUND', 'there is no such runbook; GET ops/runbooks lists them');
    return found;
  }
}
