/**
 * What the gateway is measured against: nothing but the deduplicating append, called in a loop through `pg` with the statement
 * that the gateway calls. A few lanes with topics of their own, one call under way in each.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { fromBuild } from '../rig/built.ts';
import { MeasuredWindow, type WindowResult } from '../rig/measured-window.ts';
import { work } from '../rig/worker.ts';

const ID_DIGITS = 8;

export interface RawAppendJob {
  readonly databaseUrl: string;
  /** One lane for each list of topics. */
  readonly lanes: readonly (readonly string[])[];
  readonly publishers: number;
  readonly batch: number;
  readonly dataText: string;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

const { appendCall, callOutcome } = await fromBuild('storage/append-call');
const { idempotencyMs, keepDaysOf } = await fromBuild('storage/retention');
const { Config } = await fromBuild('config/config');
/** The gateway's defaults, so that messages lie in its partitions and repeats are looked for as it does. */
const config = Config.from({}, {});
const keepDays = (topic: string): number => keepDaysOf(config, topic);
const windowMs = idempotencyMs(config);
type Draft = Parameters<typeof appendCall>[0][number];

await work((job) => appendInLanes(job as RawAppendJob));

async function appendInLanes(job: RawAppendJob): Promise<WindowResult> {
  const window = new MeasuredWindow();
  let goOn = true;
  let number = 0;
  const prefixes = Array.from({ length: job.publishers }, () => `${randomBytes(12).toString('hex')}-`);
  const lanes = job.lanes.map(async (topics) => {
    const client = new pg.Client({ connectionString: job.databaseUrl, application_name: 'waybill bench' });
    await client.connect();
    while (goOn) {
      const drafts = Array.from({ length: job.batch }, () => draft(job, topics, prefixes, number++));
      const startedAt = performance.now();
      await append(client, drafts);
      window.ended(drafts.length, performance.now() - startedAt);
    }
    await client.end();
  });
  const ended = Promise.all(lanes);
  const result = await Promise.race([window.run(job.warmUpSeconds, job.seconds), ended.then(neverEarly)]);
  goOn = false;
  await ended;
  return result();
}

/** Topics in turn, and the publishers of a topic in turn; ids that rise, as those of the gateway's clients do. */
function draft({ dataText }: RawAppendJob, topics: readonly string[], prefixes: readonly string[], number: number): Draft {
  const place = Math.floor(number / topics.length) % prefixes.length;
  return {
    topic: topics[number % topics.length] ?? '',
    publisher: `user-${place}`,
    msgId: (prefixes[place] ?? '') + String(number).padStart(ID_DIGITS, '0'),
    action: 'bench.tick',
    dataText,
    timestamp: Date.now(),
    clientTimestamp: undefined,
    door: 'socket',
    trace: undefined,
  };
}

/** One transaction, as the gateway's pool sends it. Throws where a message was not stored as a new one. */
async function append(client: pg.Client, drafts: readonly Draft[]): Promise<void> {
  const { text, values } = appendCall(drafts, keepDays, windowMs, true);
  const { rows } = await client.query<unknown[]>({ text, values: [...(values ?? [])], rowMode: 'array' });
  for (const row of rows) {
    const { kind } = callOutcome(row);
    if (kind !== 'stored') throw new Error(`the raw append answered ${kind}`);
  }
  if (rows.length !== drafts.length) throw new Error(`the raw append answered ${rows.length} of ${drafts.length} messages`);
}

function neverEarly(): never {
  throw new Error('the lanes ended before their time');
}
