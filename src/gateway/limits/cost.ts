import { SetMetadata } from '@nestjs/common';
import { isRecord } from '../../protocol/envelope.js';
import { LIMITS } from '../../protocol/limits.js';

/** A limit of its own that some things count against, beside those of the connection, the user, the key and the address. */
export type CostKind = 'subscribes' | 'history' | 'presence';

/** What a command or a request costs, in units; a publish is 1. */
export interface Cost {
  /** Units, or how to tell them from the frame's `data`, which nobody has checked yet. */
  readonly units: number | ((data: unknown) => number);
  readonly kind?: CostKind;
}

export const COST_METADATA = 'waybill:cost';

/** What everything costs that says nothing else. */
export const ONE_UNIT: Cost = { units: 1 };
/** What asks for next to nothing. */
export const TENTH: Cost = { units: 0.1 };
/** Listing the members of a topic goes through all of them. */
export const PRESENCE_COST = { units: 5, kind: 'presence' } as const satisfies Cost;

const MESSAGES_PER_UNIT = 100;
const DEFAULT_PAGE = 100;

/** Declares what an action costs, on its `@SubscribeMessage` handler. Without it an action costs 1 unit. */
export function Costs(cost: Cost): MethodDecorator {
  return SetMetadata(COST_METADATA, cost);
}

/** Units of one read of history: 1, and 1 for each 100 messages that it may bring. */
export function historyUnits(messages: number): number {
  return 1 + messages / MESSAGES_PER_UNIT;
}

export const HISTORY_COST: Cost = { units: (data) => historyUnits(pageOf(data)), kind: 'history' };
/** One for each topic. */
export const SUBSCRIBE_COST: Cost = { units: topicsOf, kind: 'subscribes' };
export const UNSUBSCRIBE_COST: Cost = { units: (data) => topicsOf(data) / 10 };

export function unitsOf({ units }: Cost, data: unknown): number {
  return typeof units === 'number' ? units : units(data);
}

/** A limit that will be refused as malformed costs what the default does. */
function pageOf(data: unknown): number {
  const limit = isRecord(data) ? data['limit'] : undefined;
  return typeof limit === 'number' && limit > 0 && limit <= LIMITS.historyPage ? limit : DEFAULT_PAGE;
}

function topicsOf(data: unknown): number {
  const topics = isRecord(data) ? data['topics'] : undefined;
  return Array.isArray(topics) ? Math.max(1, topics.length) : 1;
}
