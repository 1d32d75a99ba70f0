import type { Decision } from '../../auth/authorizer.js';
import type { ConnectionView } from '../../messaging/gateway-control.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';

/** What other nodes were made to record just now. */
export interface RecordedElsewhere {
  /** Runs of which everything until the question is in the database. */
  readonly upToDate: ReadonlySet<number>;
  readonly missing: readonly MissingNode[];
}

/** What other nodes know of a user and a topic at this moment. */
export interface UserElsewhere {
  /** Open connections, without their topics. */
  readonly connections: readonly ConnectionView[];
  /** Refs of those that are subscribed to the topic. */
  readonly subscribed: readonly string[];
  readonly maySubscribe: readonly Decision[];
  readonly mayPublish: readonly Decision[];
  readonly missing: readonly MissingNode[];
}

export interface UserQuestion {
  readonly user: string;
  readonly topic: string;
}

/** What answers about messages and users need of the other nodes. */
export interface OtherNodes {
  /** Makes every other node record what its subscriptions have been given until now. */
  recorded(): Promise<RecordedElsewhere>;
  user(question: UserQuestion): Promise<UserElsewhere>;
  /** Those of these connections that other nodes have in memory. */
  connections(ids: readonly string[]): Promise<readonly ConnectionView[]>;
}
