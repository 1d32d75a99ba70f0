import { describe, expect, it } from 'vitest';
import { simulate, type Simulation } from './spec-support/simulation.js';
import { SimulatedRefusal } from './testing/simulated-session.js';

/** What the gateway was told, in order, as `topic:seq`. */
function acks({ gateway }: Simulation): readonly string[] {
  return gateway.frames
    .filter(({ action }) => action === 'topic.ack')
    .map(({ data }) => {
      const { topic, seq } = data as { readonly topic: string; readonly seq: number };
      return `${topic}:${seq}`;
    });
}

async function publish({ gateway, clock }: Simulation, count: number, topic = 't'): Promise<void> {
  for (let number = 0; number < count; number += 1) gateway.publish(topic, number);
  await clock.advance(0);
}

describe('acknowledgements', () => {
  it('are not sent unless asked for', async () => {
    const simulation = simulate();
    const subscription = simulation.client.subscribe('t', (message) => message.ack());
    await subscription.ready();
    await publish(simulation, 3);
    subscription.ack();
    await simulation.clock.advance(1_000);
    expect(acks(simulation)).toEqual([]);
  });

  it('are one for many: after some time, or after some messages', async () => {
    const simulation = simulate();
    await simulation.client.subscribe('t', () => undefined, { ack: 'auto' }).ready();
    await publish(simulation, 5);
    expect(acks(simulation)).toEqual([]);
    await simulation.clock.advance(200);
    expect(acks(simulation)).toEqual(['t:5']);
    await publish(simulation, 150);
    expect(acks(simulation)).toEqual(['t:5', 't:105']);
    await simulation.clock.advance(200);
    expect(acks(simulation)).toEqual(['t:5', 't:105', 't:155']);
    await simulation.clock.advance(5_000);
    expect(acks(simulation)).toHaveLength(3);
  });

  it('wait for what a listener promised', async () => {
    const simulation = simulate();
    const finish: (() => void)[] = [];
    await simulation.client.subscribe('t', () => new Promise<void>((resolve) => finish.push(resolve)), { ack: 'auto' }).ready();
    await publish(simulation, 3);
    finish[1]?.();
    finish[2]?.();
    await simulation.clock.advance(1_000);
    expect(acks(simulation)).toEqual([]);
    finish[0]?.();
    await simulation.clock.advance(1_000);
    expect(acks(simulation)).toEqual(['t:3']);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
  ])('stop before a message whose listener %s; that one alone is given again after a reconnect', async (_how, fail) => {
    const simulation = simulate();
    const { client, gateway, clock } = simulation;
    const given: number[] = [];
    const listener = ({ seq }: { readonly seq: number }): unknown => {
      given.push(seq);
      return seq === 2 && given.length < 5 ? fail() : undefined;
    };
    await client.subscribe('t', listener, { ack: 'auto' }).ready();
    await publish(simulation, 4);
    await clock.advance(1_000);
    expect(acks(simulation)).toEqual(['t:1']);
    gateway.session.close(1006);
    await clock.advance(60_000);
    expect(given).toEqual([1, 2, 3, 4, 2]);
    expect(acks(simulation)).toEqual(['t:1', 't:4']);
  });

  it('go past a message that fails when the application says so', async () => {
    const simulation = simulate();
    const subscription = simulation.client.subscribe('t', ({ seq }) => (seq === 2 ? Promise.reject(new Error('no')) : undefined), {
      ack: 'auto',
    });
    await subscription.ready();
    await publish(simulation, 3);
    await simulation.clock.advance(1_000);
    subscription.ack(2);
    await simulation.clock.advance(1_000);
    expect(acks(simulation)).toEqual(['t:1', 't:3']);
  });

  it('by hand are of the message, of a seq, or of all that came; never of more', async () => {
    const simulation = simulate();
    const { client, clock } = simulation;
    const subscription = client.subscribe(
      't',
      (message) => {
        if (message.seq === 2) message.ack();
      },
      { ack: 'manual' },
    );
    await subscription.ready();
    await publish(simulation, 6);
    await clock.advance(1_000);
    expect(acks(simulation)).toEqual(['t:2']);
    expect(subscription.position).toEqual({ epoch: 'e1', seq: 2 });
    for (const seq of [4, 3, 1]) subscription.ack(seq);
    await clock.advance(1_000);
    subscription.ack(99);
    await clock.advance(1_000);
    subscription.ack();
    await clock.advance(1_000);
    expect(acks(simulation)).toEqual(['t:2', 't:4', 't:6']);
  });

  it.each(['unsubscribe', 'close'] as const)('are sent before an orderly end: %s', async (end) => {
    const simulation = simulate();
    const { client, clock, gateway } = simulation;
    const subscription = client.subscribe('t', () => undefined, { ack: 'auto' });
    await subscription.ready();
    await publish(simulation, 3);
    if (end === 'close') client.close();
    else subscription.unsubscribe();
    await clock.advance(1_000);
    expect(acks(simulation)).toEqual(['t:3']);
    const actions = gateway.frames.map(({ action }) => action);
    if (end === 'unsubscribe') expect(actions.slice(-2)).toEqual(['topic.ack', 'topic.unsubscribe']);
  });

  it('that were on their way when the connection broke are made on the next one, and no listener is called again', async () => {
    const simulation = simulate();
    const { client, clock, gateway } = simulation;
    const given: number[] = [];
    await client.subscribe('t', ({ seq }) => given.push(seq), { ack: 'auto' }).ready();
    await publish(simulation, 3);
    gateway.cut();
    gateway.publish('t', 'meanwhile');
    gateway.restore();
    await clock.advance(60_000);
    expect(given).toEqual([1, 2, 3, 4]);
    expect(acks(simulation)).toEqual(['t:4']);
    const resumed = gateway.frames.findLast(({ action }) => action === 'resume');
    expect((resumed?.data as { topics: unknown[] } | undefined)?.topics.at(-1)).toEqual({ topic: 't', epoch: 'e1', seq: 0, ack: true });
    gateway.session.close(1006);
    await clock.advance(60_000);
    expect(acks(simulation)).toEqual(['t:4']);
  });

  it('go on where history fills what the server did not recover', async () => {
    const simulation = simulate({}, { recoveryLimit: 2 });
    const { client, clock, gateway } = simulation;
    const given: number[] = [];
    await client.subscribe('t', ({ seq }) => given.push(seq), { ack: 'auto' }).ready();
    gateway.cut();
    for (let number = 0; number < 10; number += 1) gateway.publish('t', number);
    gateway.restore();
    await clock.advance(60_000);
    expect(given).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(acks(simulation)).toEqual(['t:10']);
  });

  it('are of the new log alone after a reset', async () => {
    const simulation = simulate();
    const { client, clock, gateway } = simulation;
    const finish: (() => void)[] = [];
    await client.subscribe('t', () => new Promise<void>((resolve) => finish.push(resolve)), { ack: 'auto' }).ready();
    await publish(simulation, 5);
    gateway.resetTopic('t');
    const old = finish.splice(0);
    await publish(simulation, 1);
    for (const each of old) each();
    await clock.advance(1_000);
    expect(acks(simulation)).toEqual([]);
    for (const each of finish.splice(0)) each();
    await clock.advance(1_000);
    expect(acks(simulation)).toEqual(['t:1']);
  });

  it('name the log they are of, so that one that crosses a reset is not taken for a position in the new one', async () => {
    const simulation = simulate({ ack: 'auto' });
    const { client, clock, gateway, events } = simulation;
    await client.subscribe('t', () => undefined, { ack: 'auto' }).ready();
    await publish(simulation, 5);
    await publish(simulation, 2, '$all');
    // The server begins the topic again while the acknowledgement is on its way: nobody has told the client yet.
    gateway.log('t').restart();
    for (let number = 0; number < 9; number += 1)
      gateway.log('t').append({ topic: 't', data: number, msgId: `n${number}`, action: undefined, timestamp: 0 });
    await clock.advance(1_000);
    const sent = gateway.frames.filter(({ action }) => action === 'topic.ack').map(({ data }) => data);
    expect(sent).toEqual([
      { topic: 't', epoch: 'e1', seq: 5 },
      { topic: '$all', epoch: 'e1', seq: 2 },
    ]);
    expect(events).toEqual(['connected']);
  });

  it('that are refused are reported, and harm neither the connection nor later ones', async () => {
    const simulation = simulate();
    const { client, clock, gateway, events } = simulation;
    const refusal = { left: 1 };
    gateway.handle('topic.ack', () => {
      refusal.left -= 1;
      if (refusal.left >= 0) throw new SimulatedRefusal('BAD_REQUEST', 'seq: has not been sent');
      return undefined;
    });
    await client.subscribe('t', () => undefined, { ack: 'auto' }).ready();
    await publish(simulation, 1);
    await clock.advance(1_000);
    await publish(simulation, 1);
    await clock.advance(1_000);
    expect(acks(simulation)).toEqual(['t:1', 't:2']);
    expect(events).toEqual(['connected', 'error:BAD_REQUEST']);
    expect(client.state).toBe('open');
  });

  it('that the server cannot take now are sent again', async () => {
    const simulation = simulate();
    const { client, clock, gateway, events } = simulation;
    const refusal = { left: 1 };
    gateway.handle('topic.ack', () => {
      refusal.left -= 1;
      if (refusal.left >= 0) throw new SimulatedRefusal('RATE_LIMITED', 'slow down', 700);
      return undefined;
    });
    await client.subscribe('t', () => undefined, { ack: 'auto' }).ready();
    await publish(simulation, 1);
    await clock.advance(5_000);
    expect(acks(simulation)).toEqual(['t:1', 't:1']);
    expect(events).toEqual(['connected']);
  });

  it('are made for direct messages and broadcasts by an option of the client', async () => {
    const simulation = simulate({ ack: 'auto' });
    const { client, clock, gateway } = simulation;
    client.on('direct', () => undefined);
    client.on('broadcast', ({ seq }) => {
      if (seq === 2) throw new Error('no');
    });
    await client.connect();
    await clock.advance(0);
    await publish(simulation, 2, '$user.test-user');
    await publish(simulation, 3, '$all');
    await clock.advance(1_000);
    expect(acks(simulation)).toEqual(['$user.test-user:2', '$all:1']);
    expect(gateway.frames.find(({ action }) => action === 'resume')?.data).toEqual({
      topics: [
        { topic: '$user.test-user', ack: true },
        { topic: '$all', ack: true },
      ],
    });
    client.close();
  });

  it('by hand are made for direct messages, too', async () => {
    const simulation = simulate({ ack: 'manual' });
    const { client, clock } = simulation;
    client.on('direct', (message) => {
      if (message.seq === 2) message.ack();
    });
    await client.connect();
    await clock.advance(0);
    await publish(simulation, 3, '$user.test-user');
    await clock.advance(1_000);
    expect(acks(simulation)).toEqual(['$user.test-user:2']);
  });
});
