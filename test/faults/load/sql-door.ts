import pg from 'pg';
import { type Answer, type Door, type Publish, unknown } from './door.js';

const PLACE = `select m.seq from waybill.message m join waybill.topic t on t.id = m.topic_id
  where t.name = $1 and m.publisher = $2 and m.msg_id = $3`;

export interface SqlDoorOptions {
  /** Of a role that may publish. */
  readonly client: pg.Client;
  /** Of the owner of the log: a commit tells nobody where the message stands, nor whether it stood there before. */
  readonly owner: pg.Client;
  readonly publisher: string;
  /** Of a topic; asked once for each. */
  readonly epochOf: (topic: string) => Promise<string>;
}

/** Publishes by SQL, one transaction at a time, as an application does that shares the database. */
export class SqlDoor implements Door {
  readonly inFlight = 1;
  private readonly epochs = new Map<string, string>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: SqlDoorOptions) {}

  async ready(): Promise<void> {
    await this.turn;
  }

  publish(publish: Publish): Promise<Answer> {
    const answer = this.turn.then(() => this.run(publish));
    this.turn = answer;
    return answer;
  }

  /** The role ends its connections. */
  close(): void {
    return;
  }

  private async run({ topic, msgId, payload }: Publish): Promise<Answer> {
    const { client } = this.options;
    const stood = await this.placeOf(topic, msgId);
    try {
      await client.query('begin');
      await client.query('select waybill.publish($1, $2, $3::json, $4)', [topic, 'load', payload, msgId]);
      await client.query('commit');
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) return unknown(String(error));
      await client.query('rollback');
      return { outcome: { kind: 'refused', code: error.detail ?? error.code ?? '' } };
    }
    const seq = await this.placeOf(topic, msgId);
    if (seq === undefined) throw new Error(`"${msgId}" of ${topic} was committed and is not in the log`);
    return { outcome: { kind: 'acked', epoch: await this.epochOf(topic), seq, duplicate: stood !== undefined } };
  }

  private async placeOf(topic: string, msgId: string): Promise<number | undefined> {
    const { owner, publisher } = this.options;
    const { rows } = await owner.query<{ seq: string }>(PLACE, [topic, publisher, msgId]);
    return rows[0] === undefined ? undefined : Number(rows[0].seq);
  }

  private async epochOf(topic: string): Promise<string> {
    const epoch = this.epochs.get(topic) ?? (await this.options.epochOf(topic));
    this.epochs.set(topic, epoch);
    return epoch;
  }
}
