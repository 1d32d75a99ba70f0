import { setTimeout as delay } from 'node:timers/promises';
import { CREDENTIALS } from '../rig/credentials.js';
import { Operator } from '../rig/operator.js';
import { type Fault, unmet } from './fault.js';
import { NODE_LOAD, severalNodes } from './several-nodes.js';

const CLIENTS = 100;
const ROOM = 'room.a';
/** A ping, and the time for its pong, both as they are by default; in the short form less. */
const HEARTBEAT_MS = { short: { ping: 3_000, pong: 2_000 }, long: { ping: 25_000, pong: 8_000 } };
/** The answer to a close frame is waited for, before a connection counts as closed. */
const CLOSE_MS = 3_000;
/** Between two looks, and for the node to gather what it tells. */
const MARGIN_MS = 1_500;
const LOOK_MS = 100;

/** F19: a hundred clients are gone, and no packet says so. */
export const halfOpenClients: Fault = {
  id: 'F19',
  title: 'half-open connections of 100 clients',
  times: 3,
  async run(workshop) {
    const { ping, pong } = workshop.either(HEARTBEAT_MS);
    const { trial } = await severalNodes(workshop, {
      env: {
        WAYBILL_PING_INTERVAL_MS: String(ping),
        WAYBILL_PONG_TIMEOUT_MS: String(pong),
        WAYBILL_NAMESPACES: JSON.stringify({ room: { presence: true } }),
      },
    });
    const proxy = await workshop.proxy(trial.socketUrlOf(0));
    await trial.start(NODE_LOAD);
    const gone = await trial.subscribe([ROOM], CLIENTS, proxy.through(trial.socketUrlOf(0)));
    const operators = trial.nodes.map((node) => new Operator(node));
    const [own, other] = operators;
    if (own === undefined || other === undefined) throw new Error('there are too few nodes');
    await other.until(async () => ((await usersIn(trial.nodes[1]?.port)) === CLIENTS ? true : undefined), 20_000, 'everybody is present');
    await trial.untilAcked(100);
    const strandedAt = performance.now();
    const closedBefore = await own.sum('waybill_connections_closed_total', 'reason="no pong"');
    // They do not come back before it is known that they are gone.
    proxy.strand();
    for (const subscriber of gone) subscriber.stop();
    const most = ping + pong + MARGIN_MS;
    const until = async (look: () => Promise<boolean>): Promise<number> => {
      while (!(await look()) && performance.now() - strandedAt < 3 * most) await delay(LOOK_MS);
      return Math.round(performance.now() - strandedAt);
    };
    const [foundMs, absentMs] = await Promise.all([
      until(async () => (await own.sum('waybill_connections_closed_total', 'reason="no pong"')) - closedBefore >= CLIENTS),
      until(async () => (await usersIn(trial.nodes[1]?.port)) === 0),
    ]);
    await trial.markHealed();
    await trial.untilAcked(100);
    const verdict = await trial.finish();
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { clients: CLIENTS, 'closed after (ms)': foundMs, 'absent at another node after (ms)': absentMs },
      failures: unmet(
        [
          foundMs <= most + CLOSE_MS,
          `the connections were closed ${foundMs} ms after their clients had gone, not within ${most + CLOSE_MS}`,
        ],
        [absentMs <= most, `another node called the clients present until ${absentMs} ms after they had gone, not ${most} at most`],
      ),
    };
  },
};

/** Users that a node calls present in the room. */
async function usersIn(port: number | undefined): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${String(port)}/api/v1/topics/${ROOM}/presence`, {
    headers: { authorization: `Bearer ${CREDENTIALS.WAYBILL_API_KEY}` },
  });
  const { data } = (await answer.json()) as { readonly data?: { readonly users: number } };
  return data?.users ?? -1;
}
