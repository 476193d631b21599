-- Stores and publishes one message as one step.
-- KEYS: 1 counter, 2 stream, 3 the idempotency key where there is one
-- ARGV: 1 PUBLISH or SPUBLISH, 2 its channel, 3 exceptions, 4 attachments, 5 the packet's head, 6 nonce,
--       7 size or '' where nothing is stored, 8 ttl in ms, 9 ms for which the idempotency key is known
-- Returns {repeated}, or {repeated, epoch, offset}.

local stored = ARGV[7] ~= ''
local first = KEYS[3] and redis.call('GET', KEYS[3])

if first and (first == '' or not stored) then
  return {1}
end

if not stored then
  if KEYS[3] then
    redis.call('SET', KEYS[3], '', 'PX', ARGV[9])
  end
  redis.call(ARGV[1], ARGV[2], '\1\n' .. ARGV[3] .. ARGV[4] .. ARGV[5] .. '}]')
  return {0}
end

local nonce, _, oldest = open(KEYS[1], KEYS[2], ARGV[6])
local epoch = nonce .. epochs_end()
if first then
  return {1, epoch, tonumber(first)}
end

-- The first write is one that Redis refuses where its memory is full, so none of them has happened then.
local offset = redis.call('HINCRBY', KEYS[1], 'n', 1)
local now = clock()
local ttl = tonumber(ARGV[8])
local position = epoch .. ':' .. text(offset)
local packet = ARGV[5] .. ',"position":"' .. position .. '"}]'
local id = text(offset) .. '-' .. text(now)
if ARGV[4] == '\0\0\0\0' then
  redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[7], id, 'p', packet)
else
  redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[7], id, 'p', packet, 'a', ARGV[4])
end
drop_aged(KEYS[1], KEYS[2], oldest, now, ttl)
redis.call('PEXPIRE', KEYS[2], ttl + 1000)
refresh(KEYS[1], ttl)
if KEYS[3] then
  redis.call('SET', KEYS[3], text(offset), 'PX', ARGV[9])
end
redis.call(ARGV[1], ARGV[2], '\1' .. position .. '\n' .. ARGV[3] .. ARGV[4] .. packet)
return {0, epoch, offset}
