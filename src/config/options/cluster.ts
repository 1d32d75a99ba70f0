import { flag, integer, optionalText, text } from '../option.js';

/** Several nodes. */
export const clusterOptions = {
  redisUrl: optionalText({
    env: 'REDIS_URL',
    secret: true,
    unit: 'URL',
    zero: 'one node, everything in memory',
    doc: 'Redis that joins several nodes, as redis://user:password@host:6379/0; rediss:// for TLS. All nodes of a cluster share it, and one database.',
    check: (value) => (isRedisUrl(value) ? undefined : 'must be a URL that begins with redis:// or rediss:// and names a host'),
  }),
  redisPrefix: text({
    env: 'WAYBILL_REDIS_PREFIX',
    default: 'waybill',
    doc: 'Begins the name of every key and channel at Redis. Nodes of one cluster share it; clusters that share a Redis have one each.',
    check: (value) => (/^[A-Za-z0-9_-]{1,64}$/.test(value) ? undefined : 'must be 1 to 64 letters, digits, - or _'),
  }),
  redisTimeoutMs: integer({
    env: 'WAYBILL_REDIS_TIMEOUT_MS',
    default: 1_500,
    min: 100,
    max: 60_000,
    unit: 'ms',
    doc: 'A command that Redis has not answered for so long has failed.',
  }),
  redisPingMs: integer({
    env: 'WAYBILL_REDIS_PING_MS',
    default: 1_000,
    min: 50,
    max: 60_000,
    unit: 'ms',
    doc: 'Time between two pings on each connection to Redis. Three that get no answer end the connection, and it is made anew.',
  }),
  presenceTtlMs: integer({
    env: 'WAYBILL_PRESENCE_TTL_MS',
    default: 20_000,
    min: 500,
    max: 600_000,
    unit: 'ms',
    doc: 'How long users of a node that says nothing any more count as present. Each node says four times as often that it lives.',
  }),
  heartbeatMs: integer({
    env: 'WAYBILL_NODE_HEARTBEAT_MS',
    default: 5_000,
    min: 100,
    max: 60_000,
    unit: 'ms',
    doc: 'Pause between two times that this node tells the others that it is there, and reads who they are. Redis that refuses or is slow is asked less often.',
  }),
  nodeLostMs: integer({
    env: 'WAYBILL_NODE_LOST_MS',
    default: 15_000,
    min: 300,
    max: 600_000,
    unit: 'ms',
    doc: 'A node that has not said for so long that it is there is lost. At least twice WAYBILL_NODE_HEARTBEAT_MS; the same for all nodes.',
  }),
  nodeLostKeptMs: integer({
    env: 'WAYBILL_NODE_LOST_KEPT_MS',
    default: 600_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    zero: 'it is forgotten at once',
    doc: 'For so long a lost node is named among the others, and in an alarm, unless it comes back.',
  }),
  startChecks: flag({
    env: 'WAYBILL_START_CHECKS',
    default: true,
    zero: 'nothing is compared',
    doc: 'Refuses to start beside nodes with other secrets or another database, and beside nodes on the same database without a Redis that joins them.',
  }),
  region: optionalText({
    env: 'WAYBILL_REGION',
    zero: 'none is shown',
    doc: 'Where this node is, in a word, as eu-central: shown beside it.',
    check: (value) => (/^[A-Za-z0-9_.-]{1,64}$/.test(value) ? undefined : 'must be 1 to 64 characters of A-Z a-z 0-9 _ . -'),
  }),
  callTimeoutMs: integer({
    env: 'WAYBILL_CALL_TIMEOUT_MS',
    default: 1_000,
    min: 50,
    max: 30_000,
    unit: 'ms',
    doc: 'For so long a node that is asked for its part of an answer is waited for; then the answer names it as missing.',
  }),
  callAnswerBytes: integer({
    env: 'WAYBILL_CALL_ANSWER_BYTES',
    default: 1_048_576,
    min: 1_024,
    max: 33_554_432,
    unit: 'bytes',
    doc: 'Most bytes of what one node answers another. A larger answer is not sent, and the node is named as missing with that reason.',
  }),
  callsAtOnce: integer({
    env: 'WAYBILL_CALLS_AT_ONCE',
    default: 256,
    min: 1,
    max: 65_536,
    unit: 'questions',
    doc: 'Questions to other nodes that may wait for answers at once, and as many of others that are worked on; more are refused with UNAVAILABLE.',
  }),
  settingsPollMs: integer({
    env: 'WAYBILL_SETTINGS_POLL_MS',
    default: 1_000,
    min: 100,
    max: 60_000,
    unit: 'ms',
    doc: 'Time between two looks into the database for settings that operators changed on another node.',
  }),
  workers: integer({
    env: 'WAYBILL_WORKERS',
    default: 1,
    min: 1,
    max: 64,
    unit: 'processes',
    doc: 'Processes that serve the public port together, each on a core of its own; more than one need REDIS_URL, and Linux. Limits hold for each of them.',
  }),
} as const;

function isRedisUrl(value: string): boolean {
  const { protocol, hostname } = URL.parse(value) ?? {};
  return (protocol === 'redis:' || protocol === 'rediss:') && hostname !== undefined && hostname !== '';
}
