import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TcpProxy } from '../support/tcp-proxy.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import type { Published, Seen } from './client-probe.js';
import { NodeHost, type ProbeHost, type RemoteProbe } from './probe-host.js';

/** `broken`: connections are reset and new ones refused. `silent`: new ones hang without an answer. */
type Cut = readonly [seconds: number, kind: 'broken' | 'silent'];

const CUTS: readonly Cut[] = [
  [1, 'broken'],
  [1, 'silent'],
  [10, 'broken'],
];
/** Two minutes and more each: by themselves, with `LONG_CUTS=1`. */
const LONG_CUTS: readonly Cut[] =
  process.env['LONG_CUTS'] === '1'
    ? [
        [100, 'broken'],
        [100, 'silent'],
      ]
    : [];

/** Far below what the server recovers by itself after the longer cuts, so that both ways of catching up are gone. */
const RECOVERY_MESSAGES = 150;
const SHORT_HISTORY = 20;
const PATIENT_MS = 300_000;

/** What becomes of messages while the network of some clients is cut; the clients run where the host puts them. */
export function networkCutSuite(name: string, startHost: () => Promise<ProbeHost>): void {
  describe(`a network cut under traffic, ${name}`, () => {
    let host: ProbeHost;
    let gateway: TestGateway;
    let proxy: TcpProxy;
    const near = new NodeHost();

    beforeAll(async () => {
      host = await startHost();
      gateway = await startGateway({
        env: {
          WAYBILL_RECOVERY_MESSAGES: String(RECOVERY_MESSAGES),
          ...(host.origin === undefined ? {} : { WAYBILL_ALLOWED_ORIGINS: host.origin }),
        },
        file: { messaging: { namespaces: { short: { history_length: SHORT_HISTORY } } } },
      });
      proxy = await TcpProxy.before(`http://127.0.0.1:${gateway.port}`);
    });

    afterEach(async () => {
      proxy.restore();
      await host.closeProbes();
      await near.closeProbes();
      expect([...host.uncaught, ...near.uncaught]).toEqual([]);
    });

    afterAll(async () => {
      await host.close();
      await near.close();
      await proxy.close();
      await gateway.stop();
    });

    async function open(where: ProbeHost, user: string): Promise<RemoteProbe> {
      const direct = `http://127.0.0.1:${gateway.port}`;
      return where.open({
        address: where === near ? direct : proxy.through(direct),
        token: await gateway.token(user),
        publishTimeoutMs: PATIENT_MS,
      });
    }

    it.each([...CUTS, ...LONG_CUTS])(
      'of %i s (%s) loses nothing, doubles nothing and keeps the order',
      async (seconds, kind) => {
        const topic = `load.cut-${seconds}-${kind}`;
        const [receiver, cutSender, nearSender] = [await open(host, 'receiver'), await open(host, 'cut'), await open(near, 'near')];
        await receiver.run((probe, name) => probe.subscribe(name), topic);
        await cutSender.run((probe, name) => probe.startPublishing(name, 'cut', 25), topic);
        await nearSender.run((probe, name) => probe.startPublishing(name, 'near', 20), topic);
        await reaches(receiver, 20);

        if (kind === 'broken') proxy.cut();
        else proxy.silence();
        await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
        const before = await receiver.run((probe) => probe.reached(), undefined);
        proxy.restore();
        await reaches(receiver, before + 40 * seconds);

        const published = [await stop(cutSender), await stop(nearSender)];
        const count = published.reduce((sum, { data }) => sum + data.length, 0);
        await reaches(receiver, count);
        const { seen, events } = await receiver.run(({ seen: all, events: log }) => ({ seen: all, events: log }), undefined);

        expect(published.flatMap(({ failures }) => failures)).toEqual([]);
        expectWhole(seen, published);
        expect(events.filter((event) => event === 'reconnected').length).toBeGreaterThan(0);
        expect(events.filter((event) => event.startsWith('error') || event.startsWith('closed'))).toEqual([]);
        const missed = Math.max(...published.flatMap(({ receipts }) => receipts.map(({ seq }) => seq))) - before;
        process.stdout.write(
          `    ${name}, ${seconds} s ${kind}: ${count} messages, ${missed} of them after the cut began; all there, once, in order\n`,
        );
      },
      PATIENT_MS,
    );

    it('tells one gap with the right bounds where history was too short', async () => {
      const topic = 'short.cut';
      const [receiver, sender] = [await open(host, 'receiver'), await open(near, 'sender')];
      await receiver.run((probe, name) => probe.subscribe(name), topic);
      const publish = (from: number, to: number): Promise<void> =>
        sender.run(
          async ({ client }, given) => {
            for (let number = given.from; number <= given.to; number += 1) await client.publish(given.topic, number);
          },
          { topic, from, to },
        );
      await publish(1, 5);
      await reaches(receiver, 5);
      proxy.cut();
      await publish(6, 200);
      proxy.restore();
      await reaches(receiver, 200);
      await publish(201, 203);
      await reaches(receiver, 203);
      const seen = await receiver.run((probe) => probe.seen, undefined);
      const firstKept = 200 - SHORT_HISTORY + 1;
      expect(seen).toEqual([
        ...numbered(1, 5),
        { gap: { topic, from: 6, to: firstKept - 1, reason: expect.any(String) as string } },
        ...numbered(firstKept, 203),
      ]);
    });
  });
}

function numbered(from: number, to: number): readonly Seen[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({ seq: from + index, data: from + index }));
}

/** Every `seq` from the first to the last, each message that was published, and those of one publisher in its order. */
function expectWhole(seen: readonly Seen[], published: readonly Published[]): void {
  const messages = seen.filter((entry) => 'seq' in entry);
  expect(messages).toHaveLength(seen.length);
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
  for (const { data } of published) {
    const sender = `${String(data[0]).split(' ')[0]} `;
    expect(messages.map((message) => String(message.data)).filter((text) => text.startsWith(sender))).toEqual(data);
  }
  expect(messages).toHaveLength(published.reduce((sum, { data }) => sum + data.length, 0));
}

async function stop(sender: RemoteProbe): Promise<Published> {
  return sender.run((probe) => probe.stopPublishing(), undefined);
}

async function reaches(receiver: RemoteProbe, seq: number): Promise<void> {
  await expect
    .poll(() => receiver.run((probe) => probe.reached(), undefined), { timeout: 60_000, interval: 100 })
    .toBeGreaterThanOrEqual(seq);
}
