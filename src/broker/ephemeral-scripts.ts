import { RedisScript } from '../cluster/redis-script.js';

/*
 * An ephemeral topic is one hash: `e` epoch, `h` head, `f` floor, `t` timestamp of the newest message, and of each message in the buffer
 * its frame (`m` and its seq), its publisher and msg_id (`i` and its seq), and the way back from these to the seq (`k` and both).
 */

/** Sequences, keeps and publishes. Answers epoch and seq, or the frame of the message that was stored under this msg_id. */
export const APPEND = new RedisScript(
  'waybillAppend',
  2,
  `
local topic, channel = KEYS[1], KEYS[2]
local fresh, id, tail, length, timestamp, idle = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6]
local known = redis.call('HMGET', topic, 'e', 'h', 'f', 'k' .. id)
if known[4] then return redis.call('HGET', topic, 'm' .. known[4]) end
local epoch, head, floor = known[1] or fresh, tonumber(known[2] or 0), tonumber(known[3] or 0)
local seq = string.format('%d', head + 1)
local frame = '["' .. epoch .. '",' .. seq .. tail
if length > 0 then redis.call('HSET', topic, 'm' .. seq, frame, 'i' .. seq, id, 'k' .. id, seq) end
while floor <= head - length do
  floor = floor + 1
  local oldest = string.format('%d', floor)
  local forgotten = redis.call('HGET', topic, 'i' .. oldest)
  if forgotten then redis.call('HDEL', topic, 'm' .. oldest, 'i' .. oldest, 'k' .. forgotten) end
end
redis.call('HSET', topic, 'e', epoch, 'h', seq, 'f', string.format('%d', floor), 't', timestamp)
redis.call('PEXPIRE', topic, idle)
redis.call(ARGV[7], channel, 'e\\n' .. frame)
return {epoch, seq}
`,
);

/**
 * Answers epoch, head and floor. A topic that is not there begins, so that the epoch which is answered is the one it will have; it is
 * forgotten after a while where nobody goes on with it. `kept` of 1: a subscriber asks, so it is kept longer.
 */
export const ENDS = new RedisScript(
  'waybillEnds',
  1,
  `
local topic, fresh, kept, idle, brief = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local known = redis.call('HMGET', topic, 'e', 'h', 'f')
if not known[1] then
  redis.call('HSET', topic, 'e', fresh, 'h', '0', 'f', '0')
  redis.call('PEXPIRE', topic, brief)
  known = {fresh, '0', '0'}
end
if kept == '1' then redis.call('PEXPIRE', topic, idle) end
return known
`,
);

/** Reads the buffer by range: answers epoch, head, floor, and frames. An absent bound is empty text. Sizes are of payloads. */
export const READ = new RedisScript(
  'waybillRead',
  1,
  `
local topic, after, before, limit, most = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local known = redis.call('HMGET', topic, 'e', 'h', 'f')
if not known[1] then return {} end
local head, floor = tonumber(known[2]), tonumber(known[3])
local first, last = math.max(floor, after or 0) + 1, math.min(head, (before or head + 1) - 1)
local step = 1
if before and not after then first, last, step = last, first, -1 end
local bytes, taken = 0, 0
for seq = first, last, step do
  if taken == limit then break end
  local frame = redis.call('HGET', topic, 'm' .. string.format('%d', seq))
  if frame then
    bytes = bytes + #frame - string.find(frame, '\\n', 1, true)
    if most and taken > 0 and bytes > most then break end
    taken = taken + 1
    known[3 + taken] = frame
  end
end
return known
`,
);

/** Removes the topic; answers 1 where it had messages. */
export const REMOVE = new RedisScript(
  'waybillRemove',
  1,
  `
local head = redis.call('HGET', KEYS[1], 'h')
redis.call('DEL', KEYS[1])
if head and tonumber(head) > 0 then return 1 end
return 0
`,
);
