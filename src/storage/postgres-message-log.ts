import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Draft, Message, Position } from '../messaging/message.js';
import {
  type AppendOutcome,
  type HistoryPage,
  type LogAvailability,
  MessageLog,
  type ReadRange,
  type RewindScope,
  type TopicBusy,
  type TopicEnds,
  type TopicSummary,
} from '../messaging/message-log.js';
import type { Door } from '../telemetry/telemetry.js';
import { AppendBatch } from './append-batch.js';
import { readFailure } from './append-failure.js';
import { DatabaseAvailability } from './database-availability.js';
import { Database, type Row, type Statement } from './database.js';
import { endsStatement, namesStatement, readStatement } from './log-statements.js';
import { idempotencyMs, keepDaysOf, retentionOf } from './retention.js';

/** The log in Postgres: a head row for each topic, whose lock, held until commit, makes sequence order commit order. */
@Injectable()
export class PostgresMessageLog extends MessageLog {
  override readonly availability: LogAvailability;

  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {
    super();
    this.availability = new DatabaseAvailability(database);
  }

  override async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    return verdicts(await this.batch(drafts).run());
  }

  override async appendFree(drafts: readonly Draft[]): Promise<readonly (AppendOutcome | TopicBusy)[]> {
    return verdicts(await this.batch(drafts).runFree());
  }

  override async ends(topics: readonly string[]): Promise<readonly TopicEnds[]> {
    return (await this.summaries('ends', topics)).map(({ epoch, head, floor }) => ({ epoch, head, floor }));
  }

  override async read(topic: string, range: ReadRange): Promise<HistoryPage> {
    const rows = await this.query('read', readStatement(topic, range, retentionOf(this.config, topic)));
    const [epoch, head, floor] = rows[0] as [string, string, string];
    const messages = rows.filter((row) => row[3] !== null).map((row) => messageOf(topic, row));
    return { epoch, head: Number(head), floor: Number(floor), messages };
  }

  override async topics(page: {
    readonly after?: string;
    readonly prefix?: string;
    readonly limit: number;
  }): Promise<readonly TopicSummary[]> {
    const rows = await this.query('topics', namesStatement(page));
    return this.summaries(
      'topics',
      rows.map(([name]) => name as string),
    );
  }

  override async delete(topic: string): Promise<boolean> {
    const rows = await this.query('delete', { text: 'select waybill.delete_topic($1)', values: [topic] });
    return rows[0]?.[0] === true;
  }

  override async reportRewind(topic: string, position: Position, scope: RewindScope): Promise<boolean> {
    const rows = await this.query('report_rewind', {
      text: 'select waybill.report_rewind($1, $2, $3, $4)',
      values: [topic, position.epoch, position.seq, scope === 'log'],
    });
    return rows[0]?.[0] === true;
  }

  private batch(drafts: readonly Draft[]): AppendBatch {
    return new AppendBatch(this.database, drafts, (topic) => keepDaysOf(this.config, topic), idempotencyMs(this.config));
  }

  private async summaries(operation: string, topics: readonly string[]): Promise<readonly TopicSummary[]> {
    if (topics.length === 0) return [];
    const retentions = topics.map((topic) => retentionOf(this.config, topic));
    const rows = await this.query(operation, endsStatement(topics, retentions));
    return rows.map((row, index) => {
      const [epoch, head, floor, lastAt] = row as [string, string, string, string];
      return { topic: topics[index] as string, epoch, head: Number(head), floor: Number(floor), lastAt: Number(lastAt) };
    });
  }

  private async query(operation: string, statement: Statement): Promise<readonly Row[]> {
    try {
      return await this.database.query(operation, statement);
    } catch (error) {
      return readFailure(error);
    }
  }
}

type Refused = Extract<AppendOutcome, { kind: 'refused' }>;

/** Throws what is the verdict of every item. */
function verdicts<Outcome extends AppendOutcome | TopicBusy>(outcomes: readonly Outcome[]): readonly Outcome[] {
  const [first] = outcomes;
  if (first?.kind === 'refused' && isVerdictOnTheCall(first) && outcomes.every((outcome) => isSameRefusal(outcome, first)))
    throw first.refusal;
  return outcomes;
}

function isVerdictOnTheCall(outcome: Refused): boolean {
  return outcome.refusal.code === 'UNKNOWN_OUTCOME' || outcome.refusal.code === 'UNAVAILABLE';
}

function isSameRefusal(outcome: AppendOutcome | TopicBusy, as: Refused): boolean {
  return outcome.kind === 'refused' && outcome.refusal.code === as.refusal.code;
}

function messageOf(topic: string, row: Row): Message {
  const [epoch, , , seq, acceptedAt, clientTime, publisher, msgId, action, door, trace, payload] = row as readonly (string | null)[];
  return {
    topic,
    epoch: epoch as string,
    seq: Number(seq),
    timestamp: Number(acceptedAt),
    clientTimestamp: clientTime === null ? undefined : Number(clientTime),
    publisher: publisher as string,
    msgId: msgId as string,
    action: action as string,
    door: door as Door,
    trace: trace ?? undefined,
    dataText: payload as string,
  };
}
