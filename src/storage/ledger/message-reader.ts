import type { Config } from '../../config/config.js';
import type { MessagePlace, StoredMessage } from '../../messaging/ledger/ledger-reader.js';
import type { Door } from '../../telemetry/telemetry.js';
import type { Row } from '../database.js';
import { originOf } from '../origin-text.js';
import { retentionOf } from '../retention.js';
import type { LedgerQuery } from './ledger-query.js';

/** Of more messages with one id than this in one partition, or in the youngest ones together, some are looked at. */
const MOST_OF_ONE_ID = 1_000;

const COLUMNS =
  'm.seq, m.accepted_at, m.stored_at, m.client_time, m.publisher, m.msg_id, m.action, m.door, m.trace, m.payload, m.origin, m.erased_at';

/** Where a message lies is found out first, so that one index of one partition is read. */
const PARTITION = (column: string): string =>
  `(select s.${column} from waybill.segment s where s.topic_id = (select id from waybill.topic where name = $1 collate "C") and s.first_seq <= $2
      order by s.first_seq desc limit 1)`;

const AT_PLACE = `
select t.name, g.generation || t.salt, waybill.read_floor(t.id, t.floor, t.head, $4, $5), ${COLUMNS}
  from waybill.message m
    cross join (select * from waybill.topic where name = $1 collate "C") t
    cross join waybill.log g
  where m.topic_id = (select id from waybill.topic where name = $1 collate "C") and m.seq = $2
    and m.keep_days = ${PARTITION('keep_days')} and m.day = ${PARTITION('day')}
    and g.generation || t.salt = $3`;

/** Topics are looked up for each message, not joined: few messages have the id, and there may be a million topics. */
const BY_ID = `
select t.name, g.generation || t.salt, waybill.read_floor(t.id, t.floor, t.head, 0, 0), ${COLUMNS}
  from (
      select c.* from (select keep_days, day from waybill.partition order by day desc, keep_days) p
        cross join lateral (
          select m.* from waybill.message m
            where m.keep_days = p.keep_days and m.day = p.day and m.msg_id = $1 collate "C"
              and ($2::text is null or m.publisher = $2 collate "C")
              and ($3::text is null or m.topic_id + 0 = (select id from waybill.topic where name = $3 collate "C"))
            limit ${MOST_OF_ONE_ID}
        ) c
        limit ${MOST_OF_ONE_ID}
    ) m
    cross join lateral (select * from waybill.topic t where t.id = m.topic_id limit 1) t
    cross join waybill.log g
  where m.seq <= t.head
  order by m.stored_at desc, m.seq desc limit $4`;

/** Messages of the log, with what only the log knows of them; those that history can still give. */
export class MessageReader {
  constructor(
    private readonly query: LedgerQuery,
    private readonly config: Config,
  ) {}

  async at({ topic, epoch, seq }: MessagePlace): Promise<StoredMessage | undefined> {
    const { length, ageMs } = retentionOf(this.config, topic);
    const [row] = await this.query.rows(AT_PLACE, [topic, seq, epoch, length, ageMs]);
    return row === undefined || isPast(row) ? undefined : messageOf(row);
  }

  async byId(
    msgId: string,
    limit: number,
    { publisher, topic }: { readonly publisher?: string; readonly topic?: string },
  ): Promise<readonly StoredMessage[]> {
    const rows = await this.query.rows(BY_ID, [msgId, publisher ?? null, topic ?? null, limit]);
    return rows.filter((row) => !isPast(row) && !this.isPastItsAge(row)).map(messageOf);
  }

  private isPastItsAge([topic, , , , , storedAt]: Row): boolean {
    const { ageMs } = retentionOf(this.config, topic as string);
    return ageMs > 0 && Number(storedAt) <= Date.now() - ageMs;
  }
}

function isPast([, , floor, seq]: Row): boolean {
  return Number(seq) <= Number(floor);
}

function messageOf(row: Row): StoredMessage {
  const [topic, epoch, , seq, acceptedAt, storedAt, clientTime, publisher, msgId, action, door, trace, payload, origin, erasedAt] = row;
  return {
    topic: topic as string,
    epoch: epoch as string,
    seq: Number(seq),
    msgId: msgId as string,
    publisher: publisher as string,
    action: action as string,
    dataText: payload as string,
    timestamp: Number(acceptedAt),
    clientTimestamp: (clientTime ?? undefined) as number | undefined,
    door: door as Door,
    trace: (trace ?? undefined) as string | undefined,
    origin: originOf(origin as string | null),
    storedAt: Number(storedAt),
    erased: erasedAt !== null,
  };
}
