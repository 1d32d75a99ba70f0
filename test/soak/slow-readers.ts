import { setTimeout as delay } from 'node:timers/promises';
import { MuteClient } from '../faults/load/mute-client.js';
import type { Random } from '../faults/rig/random.js';
import type { Tally } from './socket-client.js';

const ASK_MS = 25;
/** More than kernels take, so that the gateway has to end some of them. */
const MOST_ASKS = 200;
const PAUSE_MS = [1_000, 4_000] as const;

/** A client that asks for large answers and reads none of them, until it is closed or has enough. */
export async function stopReading(port: number, token: string, random: Random, tally: Tally, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const mute = await MuteClient.connect(port, token, []);
    tally.lives += 1;
    for (let asks = random.below(MOST_ASKS); asks > 0 && !signal.aborted; asks -= 1) {
      mute.ask();
      await delay(ASK_MS);
    }
    mute.end();
    await delay(random.between(...PAUSE_MS));
  }
}
