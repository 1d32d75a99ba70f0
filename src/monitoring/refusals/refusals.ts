import { type ErasedUsers } from '../../messaging/ledger/erased-users.js';
import { cut } from '../../telemetry/client-text.js';
import { redactText } from '../../telemetry/redacted-text.js';
import type { Refused } from '../../telemetry/refused.js';
import type { RefusalRecorder } from './refusal-recorder.js';
import { type RecentRefusal, RecentRefusals } from './recent-refusals.js';
import { RefusalSummary, type RefusalSum } from './refusal-summary.js';

/** One line of the list. Times are milliseconds since the epoch. */
export interface RefusalView {
  readonly first_at: number;
  readonly last_at: number;
  /** How often this caller was refused by this rule; the rest is as it was the last time. */
  readonly count: number;
  readonly kind: Refused['kind'];
  readonly code: string;
  readonly rule?: string;
  readonly message: string;
  readonly user?: string;
  readonly address?: string;
  readonly client?: string;
  readonly topic?: string;
  readonly connection_id?: string;
  readonly ref?: string;
  readonly trace_id?: string;
}

/** What is asked for. `user` and `address` concern single callers, so the sums know nothing of them. */
export interface RefusalQuery {
  readonly kind?: string | undefined;
  readonly code?: string | undefined;
  readonly user?: string | undefined;
  readonly address?: string | undefined;
  readonly topic?: string | undefined;
  /** Last refused at or after, first refused at or before; milliseconds since the epoch. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: number | undefined;
}

export interface RefusalPage {
  readonly sums: readonly RefusalSum[];
  readonly items: readonly RefusalView[];
  readonly next: string | undefined;
  /** Where each of the items stands, and where what is refused next will: they fall along the list. */
  readonly places: readonly number[];
  readonly top: number;
}

const LONGEST_MESSAGE = 512;
const LONGEST_NAME = 160;
/** A place in a list, which would make a rule of its own of every index. */
const INDEX = /\[\d+\]/g;

/** Who was refused what on this node, by which rule: sums of the last hour, and the latest ones. Costs nothing while nobody is. */
export class Refusals {
  private readonly summary = new RefusalSummary();
  private readonly recent: RecentRefusals;

  /** `capacity`: entries of the list of the latest; 0: it stays empty. */
  constructor(
    capacity: number,
    private readonly now: () => number = () => Date.now(),
    private readonly recorder?: Pick<RefusalRecorder, 'add' | 'forget'>,
  ) {
    this.recent = new RecentRefusals(capacity);
  }

  /** Records one, without credentials and cut; answers what was recorded. */
  add(told: Refused): Refused {
    const now = this.now();
    const refused = safe(told);
    this.summary.add(refused, now);
    this.recent.add(refused, now);
    this.recorder?.add(refused);
    return refused;
  }

  /** Users were erased: what they were refused before, or on a connection of before, is forgotten. */
  forget(erased: ErasedUsers): void {
    this.recent.forget(erased);
    this.recorder?.forget(erased);
  }

  page({ kind, code, user, address, topic, from = 0, to = Infinity, limit, cursor = Infinity }: RefusalQuery): RefusalPage {
    const matches = (entry: { readonly kind: string; readonly code: string | number }): boolean =>
      (kind === undefined || entry.kind === kind) && (code === undefined || String(entry.code) === code);
    const found = this.recent
      .newestFirst()
      .filter(({ refused, place }) => place < cursor && matches(refused))
      .filter(({ firstAt, lastAt }) => lastAt >= from && firstAt <= to)
      .filter(({ refused }) => (user === undefined || refused.user === user) && (address === undefined || refused.address === address))
      .filter(({ refused }) => topic === undefined || refused.topic === topic);
    const page = found.slice(0, limit);
    return {
      sums: this.summary.list(this.now()).filter(matches),
      items: page.map(viewOf),
      next: found.length > limit ? String(page.at(-1)?.place) : undefined,
      places: page.map(({ place }) => place),
      top: this.recent.top,
    };
  }
}

function viewOf({ refused, firstAt, lastAt, count }: RecentRefusal): RefusalView {
  const { kind, code, rule, message, user, address, client, topic, connectionId, ref, traceId } = refused;
  const known = { rule, user, address, client, topic, ref, connection_id: connectionId, trace_id: traceId };
  const given = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  return { first_at: firstAt, last_at: lastAt, count, kind, code: String(code), message, ...given };
}

/** Callers choose parts of messages, topics and names. */
function safe(told: Refused): Refused {
  const { kind, code, rule, message, connectionId, connectedAt, ref, traceId, ...names } = told;
  return {
    kind,
    code,
    message: cut(redactText(message), LONGEST_MESSAGE),
    ...(rule === undefined ? {} : { rule: cut(redactText(rule), LONGEST_NAME).replace(INDEX, '[]') }),
    ...Object.fromEntries(
      Object.entries(names)
        .filter((entry): entry is [string, string] => entry[1] !== undefined)
        .map(([name, text]) => [name, cut(redactText(text), LONGEST_NAME)]),
    ),
    ...(connectionId === undefined ? {} : { connectionId }),
    ...(connectedAt === undefined ? {} : { connectedAt }),
    ...(ref === undefined ? {} : { ref }),
    ...(traceId === undefined ? {} : { traceId }),
  };
}
