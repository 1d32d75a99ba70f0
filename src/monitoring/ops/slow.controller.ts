import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Config } from '../../config/config.js';
import { type NamespacePolicy, policyOf } from '../../config/namespace-policy.js';
import { Requires } from '../../auth/requires.js';
import { type ConnectionView, GatewayControl } from '../../messaging/gateway-control.js';
import { namespaceOf } from '../../protocol/topic-name.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 100;
const MOST_ITEMS = 1_000;

const listQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT) });

/** What of a connection helps to find out why it is slow. */
const FIELDS = [
  'id',
  'ref',
  'user',
  'address',
  'client',
  'protocol',
  'age_ms',
  'rtt_ms',
  'queued_bytes',
  'queued_frames',
  'queued_ms',
  'stalled_ms',
  'dropped_messages',
  'max_queued_bytes',
  'topics',
] as const satisfies readonly (keyof ConnectionView)[];

type SlowView = Pick<ConnectionView, (typeof FIELDS)[number]> & {
  /** What may happen to what waits when it is too much, by its topics' namespaces. */
  readonly policies: readonly NamespacePolicy['slow'][];
};

/** What ends or thins the queue of one connection. */
interface SlowLimits {
  /** Over these the policy acts. */
  readonly queue_bytes: number;
  readonly queue_messages: number;
  /** No byte moved for so long: closed with 4450. Milliseconds. */
  readonly write_stall_ms: number;
}

interface SlowList {
  readonly items: readonly SlowView[];
  /** How many there are, listed or not. */
  readonly total: number;
  readonly queued_bytes: number;
  readonly limits: SlowLimits;
  readonly as_of: number;
}

/** The slow-client list: who does not take what is sent as fast as it comes. */
@ApiTags('operations')
@Controller('api/v1/ops/slow')
export class OpsSlowController {
  constructor(
    private readonly gateway: GatewayControl,
    private readonly config: Config,
  ) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'Connections for which something waits now, those that have waited longest first' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  list(@Query() query: unknown): SlowList {
    const { limit } = readQuery(listQuery, query);
    const slow = this.gateway.slow();
    return {
      items: slow.slice(0, limit).map((view) => ({ ...fieldsOf(view), policies: this.policiesOf(view.topics) })),
      total: slow.length,
      queued_bytes: slow.reduce((sum, { queued_bytes: bytes }) => sum + bytes, 0),
      limits: limitsOf(this.config),
      as_of: Date.now(),
    };
  }

  private policiesOf(topics: readonly string[]): SlowView['policies'] {
    const { namespaces } = this.config.messaging;
    return [...new Set(topics.map((topic) => policyOf(namespaces, namespaceOf(topic)).slow))].toSorted();
  }
}

function limitsOf({ gateway: { queueBytes, queueMessages, writeStallMs } }: Config): SlowLimits {
  return { queue_bytes: queueBytes, queue_messages: queueMessages, write_stall_ms: writeStallMs };
}

function fieldsOf(view: ConnectionView): Pick<ConnectionView, (typeof FIELDS)[number]> {
  return Object.fromEntries(FIELDS.filter((field) => view[field] !== undefined).map((field) => [field, view[field]])) as unknown as Pick<
    ConnectionView,
    (typeof FIELDS)[number]
  >;
}
