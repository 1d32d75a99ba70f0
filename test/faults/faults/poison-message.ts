import { setTimeout as delay } from 'node:timers/promises';
import type { Change } from '../rig/build.js';
import { tokenFor } from '../rig/credentials.js';
import { CommandClient } from '../load/command-client.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';

const TIMES = 5;
const CLOSED_MS = 10_000;

/** A handler that throws, and an answer that cannot be written as JSON. */
const POISON: Change = {
  file: 'gateway/actions/ping.gateway.js',
  find: '        return {',
  replace: `        if (data?.poison === 'handler') throw new Error('poison');
        if (data?.poison === 'answer') return { toJSON() { throw new Error('poison'); } };
        return {`,
};

/** F25: a message that makes a handler, or the writing of its answer, throw. */
export const poisonMessage: Fault = {
  id: 'F25',
  title: 'poison message: a handler and a serialiser that throw',
  times: 3,
  async run(workshop) {
    const postgres = await workshop.postgres();
    const trial = await workshop.trial(postgres.url(), { changes: [POISON] });
    await trial.start({ topics: TOPICS, sockets: 4, rests: 2, subscribers: 4, inFlight: 16, pauseMs: 4 });
    await trial.untilAcked(200);
    const failures: string[] = [];
    let closed = 0;
    for (const poison of ['handler', 'answer']) {
      const client = await CommandClient.connect(trial.socketUrl, await tokenFor(`poisoner-${poison}`));
      const answers: (string | undefined)[] = [];
      for (let time = 0; time < TIMES - 1; time += 1) answers.push(await client.ask('ping', { poison }));
      if (answers.some((code) => code !== 'INTERNAL'))
        failures.push(`poison for the ${poison} was answered with ${answers.join(', ')}, not with INTERNAL`);
      const alive = await client.ask('ping', {});
      if (alive !== 'OK')
        failures.push(`after ${TIMES - 1} messages of poison for the ${poison} the connection did not live: ${String(alive)}`);
      // One more is one too many.
      await client.ask('ping', { poison });
      await Promise.race([client.closed, delay(CLOSED_MS)]);
      if (client.closeCode === 1011) closed += 1;
      else
        failures.push(
          `after ${TIMES} messages of poison for the ${poison} the connection was not closed with 1011 but ${client.closeCode === undefined ? 'stays open' : `with ${client.closeCode}`}`,
        );
      client.end();
    }
    await trial.untilAcked(200);
    const othersClosed =
      trial.sockets.flatMap(({ closes }) => closes).length + trial.journal.records.filter(({ kind }) => kind === 'closed').length;
    const verdict = await trial.finish();
    const refused = Object.values(verdict.figures.refused).reduce((sum, count) => sum + count, 0);
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { 'closed with 1011': `${closed} of 2`, "others' errors": refused + verdict.figures.unknown + othersClosed },
      failures: [
        ...failures,
        ...unmet(
          [trial.node.isRunning, 'the gateway ended'],
          [refused + verdict.figures.unknown === 0, `${refused + verdict.figures.unknown} publishes of others failed`],
          [othersClosed === 0, `${othersClosed} connections of others were closed`],
        ),
      ],
    };
  },
};
