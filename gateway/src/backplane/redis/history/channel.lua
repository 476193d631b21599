-- What the scripts of a channel share; it is put before each of them.
-- A channel's counter is a hash: e, its epoch; n, the offset of its newest message;
-- o, a time before which no stored message was stored. Its stream's ids are offset-time; an entry has
-- p, the packet; a, its attachments, where there are any or exceptions follow; x, the exceptions, where there are any.

local function text(number)
  return string.format('%.0f', number)
end

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- An epoch ends with the replication id, which a failover changes: what the old primary had acknowledged
-- and the new one never got must not be taken for what the new one numbers alike.
local function epochs_end()
  local info = redis.call('INFO', 'replication')
  local _, named = string.find(info, 'master_replid:', 1, true)
  return string.sub(info, named + 1, named + 8)
end

-- Returns the epoch, the offset of the newest message, and the time before which none was stored.
-- Under another replication id the nonce is another too: a slot that moves away and back comes back to the same id,
-- and the epoch that it had there must not go on over what was published, and perhaps lost, meanwhile.
local function open(counter, stream, nonce, ending)
  local held = redis.call('HMGET', counter, 'e', 'n', 'o')
  local epoch = held[1]
  if epoch and string.sub(epoch, -#ending) == ending then
    return epoch, tonumber(held[2]), tonumber(held[3])
  end
  local fresh = nonce .. ending
  if epoch then
    -- A Redis whose memory is full refuses a script that first takes more of it; one that first frees some it lets go on.
    redis.call('HDEL', counter, 'e')
    redis.call('HSET', counter, 'e', fresh)
    return fresh, tonumber(held[2]), tonumber(held[3])
  end
  -- The messages of a counter that is gone have offsets that the new one gives again.
  redis.call('DEL', stream)
  redis.call('HSET', counter, 'e', fresh, 'n', '0', 'o', '0')
  return fresh, 0, 0
end

-- The counter outlives the messages by more than the nodes take to come round and refresh it. Where nothing was ever
-- published it lives no longer than that: whoever asks for names that nobody uses must not fill the memory.
local function refresh(counter, ttl, top)
  redis.call('PEXPIRE', counter, (top == 0 and 0 or ttl) + 90000)
end

local function time_of(entry)
  return tonumber(string.match(entry[1], '-(%d+)$'))
end

local function offset_of(entry)
  return tonumber(string.match(entry[1], '^%d+'))
end

local function drop_aged(counter, stream, oldest, now, ttl)
  local horizon = now - ttl
  if oldest >= horizon then
    return
  end
  while true do
    local heads = redis.call('XRANGE', stream, '-', '+', 'COUNT', 16)
    if #heads == 0 then
      redis.call('HSET', counter, 'o', text(now))
      return
    end
    for _, head in ipairs(heads) do
      if time_of(head) >= horizon then
        redis.call('XTRIM', stream, 'MINID', head[1])
        redis.call('HSET', counter, 'o', text(time_of(head)))
        return
      end
    end
    redis.call('XTRIM', stream, 'MINID', text(offset_of(heads[#heads]) + 1))
  end
end
