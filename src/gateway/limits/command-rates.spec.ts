import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NO_GRANTS, type Principal } from '../../auth/principal.js';
import { Config } from '../../config/config.js';
import { LiveSettings } from '../../config/live-settings.js';
import { RecordingTelemetry } from '../../telemetry/recording-telemetry.js';
import { CommandRates } from './command-rates.js';
import { type Cost, HISTORY_COST, ONE_UNIT, PRESENCE_COST, SUBSCRIBE_COST, TENTH, unitsOf, UNSUBSCRIBE_COST } from './cost.js';
import { Limits } from './limits.js';

const user = (id: string): Principal => ({
  kind: 'user',
  id,
  roles: [],
  grants: NO_GRANTS,
  scopes: [],
  expiresAt: undefined,
  tokenId: undefined,
});

function nodeWith(env: Readonly<Record<string, string>>) {
  const settings = new LiveSettings(Config.from(env));
  const telemetry = new RecordingTelemetry();
  const limits = new Limits(settings, telemetry);
  return { settings, telemetry, limits, connection: () => new CommandRates(limits) };
}

/** How many of so many equal commands are let through at once. */
function admitted(rates: CommandRates, commands: number, cost: Cost = ONE_UNIT, data: unknown = {}, who = 'alice'): number {
  let count = 0;
  for (let n = 0; n < commands; n += 1) if (rates.admit(cost, data, user(who)) === undefined) count += 1;
  return count;
}

describe('what commands cost', () => {
  it.each<[string, Cost, unknown, number]>([
    ['anything', ONE_UNIT, {}, 1],
    ['a ping', TENTH, undefined, 0.1],
    ['presence', PRESENCE_COST, {}, 5],
    ['a page of history', HISTORY_COST, { limit: 1_000 }, 11],
    ['a page of history of the usual size', HISTORY_COST, {}, 2],
    ['a page of history of no size', HISTORY_COST, { limit: 'all' }, 2],
    ['a page of history of a wrong size', HISTORY_COST, { limit: -5 }, 2],
    ['subscribing to three topics', SUBSCRIBE_COST, { topics: [1, 2, 3] }, 3],
    ['subscribing to nothing', SUBSCRIBE_COST, { topics: [] }, 1],
    ['subscribing with nonsense', SUBSCRIBE_COST, 'topics', 1],
    ['leaving ten topics', UNSUBSCRIBE_COST, { topics: Array.from({ length: 10 }) }, 1],
  ])('%s', (_name, cost, data, units) => {
    expect(unitsOf(cost, data)).toBe(units);
  });
});

describe('the commands of a connection', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('are not counted where no limit is set', () => {
    const node = nodeWith({});
    expect(admitted(node.connection(), 10_000)).toBe(10_000);
    expect(node.telemetry.events).toEqual([]);
  });

  it('have a rate and a burst, are refused with the name of the option and a time to wait, and come back', () => {
    const node = nodeWith({ WAYBILL_COMMANDS_PER_SECOND: '50', WAYBILL_COMMANDS_BURST: '100' });
    const rates = node.connection();
    expect(admitted(rates, 1_000)).toBe(100);
    expect(rates.admit(ONE_UNIT, {}, user('alice'))).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterMs: 20,
      rule: 'limits.commandsPerSecond',
      message: expect.stringContaining('(option limits.commandsPerSecond)') as string,
    });
    vi.advanceTimersByTime(1_000);
    expect(admitted(rates, 1_000)).toBe(50);
    expect(admitted(node.connection(), 1_000)).toBe(100);
    expect(new Set(node.telemetry.of('rateLimited').flat())).toEqual(new Set(['connection']));
  });

  it('of one user share a limit, whatever their connections', () => {
    const node = nodeWith({ WAYBILL_USER_PER_SECOND: '10' });
    const [one, other] = [node.connection(), node.connection()];
    expect([admitted(one, 15), admitted(other, 15), admitted(other, 15, ONE_UNIT, {}, 'bob')]).toEqual([15, 5, 15]);
    expect(node.telemetry.of('rateLimited')).toEqual(Array.from({ length: 10 }, () => ['user']));
  });

  it('take nothing from any limit where one of them refuses', () => {
    const node = nodeWith({ WAYBILL_COMMANDS_PER_SECOND: '10', WAYBILL_USER_PER_SECOND: '1', WAYBILL_USER_BURST: '5' });
    const rates = node.connection();
    expect(admitted(rates, 100)).toBe(5);
    // The connection has 15 of its 20 left: a hundred refused commands took none.
    expect(admitted(rates, 100, ONE_UNIT, {}, 'bob')).toBe(5);
    node.settings.replace(Config.from({ WAYBILL_COMMANDS_PER_SECOND: '10' }));
    expect(admitted(rates, 100)).toBe(10);
  });

  it('count before authentication for the connection alone', () => {
    const node = nodeWith({ WAYBILL_COMMANDS_PER_SECOND: '1', WAYBILL_USER_PER_SECOND: '1' });
    const rates = node.connection();
    expect([1, 2, 3].map(() => rates.admit(ONE_UNIT, {}, undefined)?.rule)).toEqual([undefined, undefined, 'limits.commandsPerSecond']);
  });

  it.each<[string, Readonly<Record<string, string>>, Cost, unknown, number]>([
    [
      'subscribes',
      { WAYBILL_SUBSCRIBES_PER_SECOND: '10', WAYBILL_SUBSCRIBES_BURST: '20', WAYBILL_TOPICS_PER_CONNECTION: '8' },
      SUBSCRIBE_COST,
      { topics: [1, 2] },
      10,
    ],
    [
      'subscribes',
      { WAYBILL_SUBSCRIBES_PER_SECOND: '1', WAYBILL_TOPICS_PER_CONNECTION: '8', WAYBILL_SUBSCRIBES_BURST: '2' },
      SUBSCRIBE_COST,
      { topics: [1] },
      8,
    ],
    ['history', { WAYBILL_HISTORY_PER_SECOND: '22', WAYBILL_HISTORY_BURST: '0' }, HISTORY_COST, { limit: 1_000 }, 4],
    ['presence', { WAYBILL_PRESENCE_PER_SECOND: '5', WAYBILL_PRESENCE_BURST: '15' }, PRESENCE_COST, {}, 3],
  ])('have a limit of their own for %s', (name, env, cost, data, expected) => {
    const node = nodeWith(env);
    expect(admitted(node.connection(), 50, cost, data)).toBe(expected);
    expect(node.telemetry.of('rateLimited').at(-1)).toEqual([name]);
  });

  it('read history against a limit that all connections of a user share', () => {
    const node = nodeWith({ WAYBILL_HISTORY_PER_SECOND: '11', WAYBILL_HISTORY_BURST: '22' });
    const page = { limit: 1_000 };
    expect(admitted(node.connection(), 5, HISTORY_COST, page)).toBe(2);
    expect(admitted(node.connection(), 5, HISTORY_COST, page)).toBe(0);
    expect(admitted(node.connection(), 5, HISTORY_COST, page, 'bob')).toBe(2);
    vi.advanceTimersByTime(1_000);
    expect(admitted(node.connection(), 5, HISTORY_COST, page)).toBe(1);
  });

  it('obey settings that change, from the next command on', () => {
    const node = nodeWith({ WAYBILL_COMMANDS_PER_SECOND: '10' });
    const rates = node.connection();
    expect(admitted(rates, 100)).toBe(20);
    node.settings.replace(Config.from({ WAYBILL_COMMANDS_PER_SECOND: '0' }));
    expect(admitted(rates, 100)).toBe(100);
    node.settings.replace(Config.from({ WAYBILL_COMMANDS_PER_SECOND: '1', WAYBILL_COMMANDS_BURST: '3' }));
    vi.advanceTimersByTime(10_000);
    expect(admitted(rates, 100)).toBe(3);
  });

  it('of more users than are remembered do not pile up', () => {
    const node = nodeWith({ WAYBILL_USER_PER_SECOND: '1', WAYBILL_LIMITS_REMEMBERED: '100' });
    const rates = node.connection();
    for (let n = 0; n < 1_000; n += 1) rates.admit(ONE_UNIT, {}, user(`user-${n}`));
    expect(node.limits.remembered('user')).toBe(100);
  });
});
