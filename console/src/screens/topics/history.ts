/** A message as history answers it, with its payload. */
export interface HistoryMessage {
  readonly msg_id: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly action: string;
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly data: unknown;
}

/** `GET topics/{topic}/messages`, oldest first. */
export interface HistoryAnswer {
  readonly epoch: string;
  readonly head: number;
  readonly messages: readonly HistoryMessage[];
}

/** Where the next older page ends; undefined: there is none. */
export function olderThan(page: HistoryAnswer, limit: number): number | undefined {
  const oldest = page.messages[0]?.seq;
  return oldest === undefined || oldest <= 1 || page.messages.length < limit ? undefined : oldest;
}
