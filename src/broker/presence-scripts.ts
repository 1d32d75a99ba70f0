import { RedisScript } from '../cluster/redis-script.js';

/*
 * A topic's members are four keys: a hash from connection to who it is (`user`, `node` and time, one a line), the connections in the order
 * they came, a hash from user to the number of their connections, and for each run of a node the connections that it has there.
 */

/** Answers 1 when the user was not there before. */
export const JOIN = new RedisScript(
  'waybillJoin',
  4,
  `
local members, order, users, ofRun = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local connection, user, node, joinedAt = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('HSETNX', members, connection, user .. '\\n' .. node .. '\\n' .. joinedAt) == 0 then return 0 end
redis.call('ZADD', order, joinedAt, connection)
redis.call('SADD', ofRun, connection)
if redis.call('HINCRBY', users, user, 1) == 1 then return 1 end
return 0
`,
);

const TAKE_OUT = `
local function takeOut(members, order, users, connection)
  local who = redis.call('HGET', members, connection)
  if not who then return nil end
  local user = string.match(who, '^[^\\n]*')
  redis.call('HDEL', members, connection)
  redis.call('ZREM', order, connection)
  if redis.call('HINCRBY', users, user, -1) > 0 then return nil end
  redis.call('HDEL', users, user)
  return user
end
`;

/** Answers the user when none of their connections is left, else nothing. */
export const LEAVE = new RedisScript(
  'waybillLeave',
  4,
  `${TAKE_OUT}
redis.call('SREM', KEYS[4], ARGV[1])
return takeOut(KEYS[1], KEYS[2], KEYS[3], ARGV[1])
`,
);

/** Takes out some of what a lost run has in a topic. Answers how many it still has, and users of whom no connection is left. */
export const EVICT = new RedisScript(
  'waybillEvict',
  4,
  `${TAKE_OUT}
local answer = {0}
for _, connection in ipairs(redis.call('SPOP', KEYS[4], ARGV[1])) do
  local user = takeOut(KEYS[1], KEYS[2], KEYS[3], connection)
  if user then answer[#answer + 1] = user end
end
answer[1] = redis.call('SCARD', KEYS[4])
return answer
`,
);

/** Answers how many connections and users are there, then each connection and who it is, oldest first, up to the limit. */
export const LIST = new RedisScript(
  'waybillList',
  4,
  `
local limit = tonumber(ARGV[1])
local answer = {redis.call('ZCARD', KEYS[2]), redis.call('HLEN', KEYS[3])}
if limit == 0 then return answer end
for _, connection in ipairs(redis.call('ZRANGE', KEYS[2], 0, limit - 1)) do
  answer[#answer + 1] = connection
  answer[#answer + 1] = redis.call('HGET', KEYS[1], connection)
end
return answer
`,
);

/**
 * A run says that it lives, and for how long that holds; by the clock of Redis, the only one they all have. Answers whether it was known,
 * and one run that has said nothing for too long: it is the caller's to clear away, and for a while nobody else's.
 */
export const BEAT = new RedisScript(
  'waybillBeat',
  1,
  `
local runs, run, lives, claimed = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local known = redis.call('ZSCORE', runs, run)
redis.call('ZADD', runs, now + lives, run)
local lost = redis.call('ZRANGEBYSCORE', runs, '-inf', now, 'LIMIT', 0, 1)
if not lost[1] then return {known and 1 or 0} end
redis.call('ZADD', runs, now + claimed, lost[1])
return {known and 1 or 0, lost[1]}
`,
);
