import type { BenchRun } from '../bench-run.js';
import { pause } from '../waiting.js';

const GRACE_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** Waits until every subscriber has the topic up to `head`, or the time of grace is over; answers how many messages are lacking. */
export async function requireDelivered(run: BenchRun, stage: string, head: number): Promise<number> {
  const deadline = performance.now() + GRACE_MS;
  for (;;) {
    const { behind, cutOff } = await run.fleet.shortfall(head);
    if (behind === 0 || performance.now() > deadline) {
      if (behind > 0) run.problems.push(`${stage}: ${behind} messages had not come ${GRACE_MS / 1_000} s after the last publish`);
      if (cutOff > 0) run.problems.push(`${stage}: ${cutOff} messages were lost with the connections that ended`);
      return behind + cutOff;
    }
    await pause(LOOK_EVERY_MS, new AbortController().signal);
  }
}
