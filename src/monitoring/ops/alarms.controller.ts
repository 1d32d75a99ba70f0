import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { ONLY_BY_PROMETHEUS } from '../alarms/alarm-rules.js';
import { Alarms, type AlarmView } from '../alarms/alarms.js';
import { ThisNode } from '../nodes/this-node.js';
import { readQuery } from './query.js';

const STATES = ['active', 'ended', 'all'] as const;
const alarmQuery = z.strictObject({ state: z.enum(STATES).default('active') });

interface AlarmList {
  readonly as_of: number;
  readonly node: string;
  readonly items: readonly AlarmView[];
  /** Alerts that need Prometheus, and why this node cannot judge them by itself. */
  readonly only_by_prometheus: Readonly<Record<string, string>>;
}

/** What has been wrong for too long, judged by this node alone. */
@ApiTags('operations')
@Controller('api/v1/ops/alarms')
export class OpsAlarmsController {
  constructor(
    private readonly alarms: Alarms,
    private readonly self: ThisNode,
  ) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'Alarms of this node, without Prometheus: those that are active, and the last 200 that ended',
    description: 'Names, urgency, waits and thresholds are those of prometheus/rules where a rule exists. Looked at every five seconds.',
  })
  @ApiQuery({ name: 'state', required: false, enum: STATES })
  list(@Query() query: unknown): AlarmList {
    const { state } = readQuery(alarmQuery, query);
    return {
      as_of: Date.now(),
      node: this.self.name,
      items: [...(state === 'ended' ? [] : this.alarms.active()), ...(state === 'active' ? [] : this.alarms.history())],
      only_by_prometheus: ONLY_BY_PROMETHEUS,
    };
  }
}
