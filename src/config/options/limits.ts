import { integer } from '../option.js';

const UNIT = 'units/s';
const MOST = 1_000_000;

/** A rate that operators may change while the program runs. */
function rate(env: string, fallback: number, doc: string, unit = UNIT) {
  return integer({ env, default: fallback, min: 0, max: MOST, unit, zero: 'no limit', live: true, doc });
}

/** What may come at once under a rate, after a time of quiet. */
function burst(env: string, fallback: number, of: string, unit = 'units') {
  return integer({
    env,
    default: fallback,
    min: 0,
    max: MOST,
    unit,
    zero: 'twice the rate',
    live: true,
    doc: `Most of ${of} that may come at once after a time of quiet.`,
  });
}

/** How much may be asked for. What each thing costs in units stands in docs/limits.md: a publish is 1. */
export const limitOptions = {
  commandsPerSecond: rate(
    'WAYBILL_COMMANDS_PER_SECOND',
    0,
    'Units that the commands of one connection may cost in a second; further ones get RATE_LIMITED.',
  ),
  commandsBurst: burst('WAYBILL_COMMANDS_BURST', 0, 'limits.commandsPerSecond'),
  userPerSecond: rate(
    'WAYBILL_USER_PER_SECOND',
    0,
    'Units that all connections and REST requests of one user on this node may cost in a second; further ones get RATE_LIMITED.',
  ),
  userBurst: burst('WAYBILL_USER_BURST', 0, 'limits.userPerSecond'),
  keyPerSecond: rate(
    'WAYBILL_KEY_PER_SECOND',
    0,
    'Units that the REST requests of one API key or operator on this node may cost in a second; further ones get RATE_LIMITED.',
  ),
  keyBurst: burst('WAYBILL_KEY_BURST', 0, 'limits.keyPerSecond'),
  requestsPerSecond: rate(
    'WAYBILL_REQUESTS_PER_SECOND',
    0,
    'Units that the REST requests and upgrades of one address (for IPv6: one /64) may cost in a second; further ones get RATE_LIMITED.',
  ),
  requestsBurst: burst('WAYBILL_REQUESTS_BURST', 0, 'limits.requestsPerSecond'),
  subscribesPerSecond: rate(
    'WAYBILL_SUBSCRIBES_PER_SECOND',
    100,
    'Topics that one connection may subscribe to or resume in a second; further ones get RATE_LIMITED.',
    'topics/s',
  ),
  subscribesBurst: burst(
    'WAYBILL_SUBSCRIBES_BURST',
    1_000,
    'limits.subscribesPerSecond, and never fewer than gateway.topicsPerConnection,',
    'topics',
  ),
  historyPerSecond: rate(
    'WAYBILL_HISTORY_PER_SECOND',
    100,
    'Units that reading history may cost one user on this node in a second: 1 for a read and 1 for each 100 messages asked for; further reads get RATE_LIMITED.',
  ),
  historyBurst: burst('WAYBILL_HISTORY_BURST', 1_000, 'limits.historyPerSecond'),
  presencePerSecond: rate(
    'WAYBILL_PRESENCE_PER_SECOND',
    100,
    'Units that asking who is subscribed may cost one user on this node in a second, 5 each time; further ones get RATE_LIMITED.',
  ),
  presenceBurst: burst('WAYBILL_PRESENCE_BURST', 500, 'limits.presencePerSecond'),
  strikes: integer({
    env: 'WAYBILL_RATE_LIMIT_STRIKES',
    default: 1_000,
    min: 0,
    max: MOST,
    unit: 'commands',
    zero: 'never closed',
    live: true,
    doc: 'Commands of one connection refused with RATE_LIMITED within a minute; the next one closes it with 4429.',
  }),
  remembered: integer({
    env: 'WAYBILL_LIMITS_REMEMBERED',
    default: 100_000,
    min: 100,
    max: 10_000_000,
    unit: 'users, keys, addresses',
    live: true,
    doc: 'Most users, API keys and addresses, of each, whose use is remembered; beyond it the one that has been quiet longest is forgotten.',
  }),
} as const;
