import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guardian } from '../rig/guardian.js';
import type { Change } from '../rig/build.js';
import type { Journal } from '../rig/journal.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';

/** Messages of the batch that the gateway is killed on: many have no verdict then. */
const BATCH = 16;
const KILLED_MS = 30_000;
const MOST_KILLS = 30;

/** The gateway ends itself when a batch is committed and nobody has been told, as soon as the file exists. */
const FAILPOINT: Change = {
  file: 'storage/append-batch.js',
  find: 'pending = await this.call(pending, wait);',
  replace: `pending = await this.call(pending, wait);
        if (items.length >= ${BATCH} && process.getBuiltinModule('node:fs').existsSync(process.env['FAILPOINT_FILE'])) process.kill(process.pid, 'SIGKILL');`,
};

/** F2: `kill -9` exactly between COMMIT and acknowledgement. */
export const killedAfterCommit: Fault = {
  id: 'F2',
  title: 'gateway killed between COMMIT and acknowledgement',
  times: 20,
  async run(workshop) {
    const directory = guardian.makeDirectory('failpoint');
    workshop.onEnd(() => guardian.removeDirectory(directory));
    const file = join(directory, 'kill');
    const postgres = await workshop.postgres();
    const trial = await workshop.trial(postgres.url(), { changes: [FAILPOINT], env: { FAILPOINT_FILE: file } });
    await trial.start({ topics: TOPICS, sockets: 4, rests: 1, subscribers: 2, inFlight: 64, pauseMs: 0 });
    const wanted = workshop.either({ short: 150, long: 1_000 });
    let kills = 0;
    while (unknowns(trial.journal) < wanted && kills < MOST_KILLS) {
      await trial.untilAcked(100 + workshop.random.below(200));
      writeFileSync(file, '');
      await trial.until(() => !trial.node.isRunning, KILLED_MS, 'the failpoint killed the gateway');
      rmSync(file);
      kills += 1;
      await trial.launchNode();
    }
    await trial.untilAcked(100);
    const verdict = await trial.finish();
    const { stored, notStored } = repeatsOfUnknowns(trial.journal);
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { kills, 'unknown, stored': stored, 'unknown, not stored': notStored },
      failures: unmet(
        [
          stored >= kills * BATCH,
          `${kills} kills after a commit of ${BATCH} or more left only ${stored} stored messages without a verdict`,
        ],
        [stored + notStored >= wanted, `only ${stored + notStored} of the unknown outcomes were repeated and acknowledged`],
      ),
    };
  },
};

/** Messages of which some attempt's outcome was not told. */
export function unknowns(journal: Journal): number {
  const messages = new Set<string>();
  for (const record of journal.records) {
    if (record.kind === 'result' && record.outcome.kind === 'unknown') messages.add(`${record.publisher} ${record.msgId}`);
  }
  return messages.size;
}

/** What the repeats of messages whose first attempts had no verdict were told: that they were stored, or that they now are. */
export function repeatsOfUnknowns(journal: Journal): { readonly stored: number; readonly notStored: number } {
  const open = new Set<string>();
  let stored = 0;
  let notStored = 0;
  for (const record of journal.records) {
    if (record.kind !== 'result') continue;
    const key = `${record.publisher} ${record.msgId}`;
    if (record.outcome.kind === 'unknown') open.add(key);
    if (record.outcome.kind !== 'acked' || !open.delete(key)) continue;
    if (record.outcome.duplicate) stored += 1;
    else notStored += 1;
  }
  return { stored, notStored };
}
