import type { GatewayProcess } from '../rig/gateway-process.ts';

/** Most messages of a batch by REST. */
const BATCH = 1_000;

/** Makes topics that have a message and nobody who is subscribed. They are of the same namespace as the one that is measured. */
export async function publishIdleTopics({ host, port }: GatewayProcess, token: string, topics: number): Promise<void> {
  for (let first = 0; first < topics; first += BATCH) {
    const length = Math.min(BATCH, topics - first);
    const messages = Array.from({ length }, (_, place) => ({ topic: `fan.quiet-${first + place}`, action: 'bench.tick', data: {} }));
    const answer = await fetch(`http://${host}:${port}/api/v1/messages`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ messages }),
    });
    const text = await answer.text();
    const stored = text.split('"seq":1,').length - 1;
    if (stored !== length) throw new Error(`${length} topics were published to, and ${stored} took it: ${text.slice(0, 500)}`);
  }
}
