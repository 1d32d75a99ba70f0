import { MuteClient } from '../load/mute-client.js';
import { tokenFor } from '../rig/credentials.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';

const MUTES = 100;
const ASKS = 8;
/** The time to answer a close frame. */
const CLOSE_MS = 3_000;

/** F17: a gateway that ends has a hundred clients that read nothing and answer nothing. */
export const mutePeers: Fault = {
  id: 'F17',
  title: 'SIGTERM with 100 mute peers',
  times: 3,
  async run(workshop) {
    const drainMs = workshop.either({ short: 2_000, long: 10_000 });
    const postgres = await workshop.postgres();
    const trial = await workshop.trial(postgres.url(), { env: { WAYBILL_DRAIN_TIMEOUT_MS: String(drainMs) } });
    await trial.start({ topics: TOPICS, sockets: 2, rests: 1, subscribers: 4, inFlight: 16, pauseMs: 8 });
    const mutes: MuteClient[] = [];
    workshop.onEnd(() => mutes.forEach((mute) => mute.end()));
    for (let index = 0; index < MUTES; index += 1) {
      const mute = await MuteClient.connect(trial.node.port, await tokenFor(`mute-${index}`), TOPICS.slice(0, 2));
      mutes.push(mute);
      for (let ask = 0; ask < ASKS; ask += 1) mute.ask();
    }
    await trial.untilAcked(200);
    const { code, tookMs } = await trial.stopNode(0);
    await trial.bringBack(0, false);
    await trial.untilLive();
    await trial.markHealed();
    await trial.untilAcked(100);
    const verdict = await trial.finish();
    const most = drainMs + CLOSE_MS;
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { 'mute peers': mutes.length, 'time to drain (ms)': drainMs, 'ended after (ms)': Math.round(tookMs) },
      failures: unmet(
        [code === 0, `the gateway ended with ${String(code)}`],
        [tookMs <= most, `the gateway ended ${Math.round(tookMs)} ms after SIGTERM, not within ${most}`],
      ),
    };
  },
};
