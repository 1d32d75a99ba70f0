import type { Trial } from '../rig/trial.js';
import type { Verdict } from '../checker/check.js';
import { Evidence } from '../checker/evidence.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';
import { repeatsOfUnknowns, unknowns } from './killed-after-commit.js';

const VERDICTS_MS = 60_000;

/** F3: the way to the database breaks after an append was sent: what became of it is unknown, and never told otherwise. */
export const linkLostAfterCommit: Fault = {
  id: 'F3',
  title: 'database link lost after COMMIT was sent',
  times: 20,
  async run(workshop) {
    const postgres = await workshop.postgres();
    const proxy = await workshop.proxy(postgres.url());
    const trial = await workshop.trial(proxy.through(postgres.url()));
    await trial.start({ topics: TOPICS, sockets: 3, rests: 1, subscribers: 2, inFlight: 64, pauseMs: 0, repeats: 0, retries: false });
    const marked = trial.publishers[0]?.name as string;
    const wanted = workshop.either({ short: 100, long: 1_000 });
    let cuts = 0;
    while (unknowns(trial.journal) < wanted && cuts < wanted) {
      await trial.untilAcked(100);
      let seen = false;
      // The publisher's name stands in the payloads of the append that is to lose its answer.
      proxy.when(marked, workshop.random.pick(['cut', 'cut-at-answer']), { seen: () => (seen = true) });
      await trial.until(() => seen, VERDICTS_MS, 'an append of the marked publisher passed the proxy');
      cuts += 1;
    }
    for (const publisher of trial.publishers) publisher.pause();
    await trial.until(() => trial.publishers.every((publisher) => publisher.open === 0), VERDICTS_MS, 'every publish has a verdict');
    const wrong = await wrongVerdicts(trial);
    for (const publisher of trial.publishers) publisher.beginRetries();
    const verdict: Verdict = await trial.finish();
    const { stored, notStored } = repeatsOfUnknowns(trial.journal);
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { cuts, 'wrong verdicts': wrong.length, 'unknown, stored': stored, 'unknown, not stored': notStored },
      failures: [
        ...wrong.slice(0, 5),
        ...unmet(
          [stored + notStored >= wanted, `only ${stored + notStored} of the unknown outcomes were repeated and acknowledged`],
          [stored > 0, 'no message without a verdict had been stored: the link was never cut after a commit'],
        ),
      ],
    };
  },
};

/** First verdicts against history as it stands before anything is repeated: refused means not stored, acknowledged means stored. */
async function wrongVerdicts(trial: Trial): Promise<readonly string[]> {
  const evidence = new Evidence([...trial.journal.records, ...(await trial.history())]);
  const wrong: string[] = [];
  for (const publication of evidence.publications.values()) {
    const outcome = publication.results[0]?.outcome;
    const what = `"${publication.msgId}" of ${publication.publisher}`;
    if (outcome?.kind === 'refused' && evidence.isStored(publication)) wrong.push(`${what} was refused (${outcome.code}) and is stored`);
    if (outcome?.kind === 'acked' && !evidence.isStored(publication)) wrong.push(`${what} was acknowledged and is not stored`);
  }
  return wrong;
}
