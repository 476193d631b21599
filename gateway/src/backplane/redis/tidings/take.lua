-- Takes a stream of events for a node, forgets what has been told of it, and reads what is to be told next.
-- KEYS: 1 counter, 2 stream, 3 the node's lease of it
-- ARGV: 1 node, 2 ms for which it takes it, 3 nonce, 4 how many events, 5 bytes at most, 6 ms for which events are kept,
--       7 the epoch that the node has read before, or '';
--       8 the number up to which events have been told, or ''; 9 and 10 how many were told as dropped for want of room, by age
-- Returns {} where another node has it; else {epoch, 1 where Redis has lost some, the six of what was dropped,
-- number, event, ...}, where there is something.

local holder = redis.call('GET', KEYS[3])
if holder and holder ~= ARGV[1] then
  return {}
end
redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2])
if redis.call('EXISTS', KEYS[1]) == 0 and ARGV[7] == '' then
  return {''}
end

local now = clock()
local epoch = open(KEYS[1], KEYS[2], ARGV[3], epochs_end())

local function forget_dropped(why, told)
  if tonumber(told) == 0 then
    return
  end
  if redis.call('HINCRBY', KEYS[1], why .. 'n', -tonumber(told)) <= 0 then
    redis.call('HDEL', KEYS[1], why .. 'n', why .. 'f', why .. 't')
  end
end

local function forget_told(number)
  local bytes = 0
  local told = redis.call('XRANGE', KEYS[2], '-', number .. '-18446744073709551615')
  for _, entry in ipairs(told) do
    bytes = bytes + #entry[2][2]
  end
  redis.call('XTRIM', KEYS[2], 'MINID', text(tonumber(number) + 1))
  redis.call('HINCRBY', KEYS[1], 'b', -bytes)
end

if ARGV[8] ~= '' then
  forget_dropped('k', ARGV[9])
  forget_dropped('a', ARGV[10])
  redis.call('HSET', KEYS[1], 'l', ARGV[7])
  -- In another epoch the number may be another event's. What was told is then told again.
  if ARGV[7] == epoch then
    forget_told(ARGV[8])
  end
end
drop_oldest(KEYS[1], KEYS[2], 'a', function(head) return time_of(head) < now - tonumber(ARGV[6]) end)

local before = ARGV[7] ~= '' and ARGV[7] or redis.call('HGET', KEYS[1], 'l')
local lost = before and before ~= epoch and 1 or 0
local reply = {epoch, lost}
local dropped = redis.call('HMGET', KEYS[1], 'kn', 'kf', 'kt', 'an', 'af', 'at')
for index = 1, 6 do
  reply[#reply + 1] = dropped[index] or ''
end
local bytes = 0
for index, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', ARGV[4])) do
  local event = entry[2][2]
  bytes = bytes + #event
  if index > 1 and bytes > tonumber(ARGV[5]) then
    break
  end
  reply[#reply + 1] = offset_of(entry)
  reply[#reply + 1] = event
end
return reply
