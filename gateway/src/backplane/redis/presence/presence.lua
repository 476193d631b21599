-- What the scripts of presence share; it is put before each of them.
-- KEYS: 1 users, a sorted set in the order of their ids; 2 records, user to packed connections in the order
-- in which they came; 3 leases, lease to its number of connections here.

-- The places of a connection in a record. AWAY has when it went away, in Unix milliseconds, or false. It is true where
-- a node has written it that knows no time.
local CONNECTION, LEASE, AWAY, ANNOUNCE, INFO = 1, 2, 3, 4, 5

local function load(user)
  local packed = redis.call('HGET', KEYS[2], user)
  return packed and cmsgpack.unpack(packed) or {}
end

local function save(user, record)
  if #record == 0 then
    redis.call('HDEL', KEYS[2], user)
    redis.call('ZREM', KEYS[1], user)
  else
    redis.call('HSET', KEYS[2], user, cmsgpack.pack(record))
    redis.call('ZADD', KEYS[1], 0, user)
  end
end

local function find(record, connection)
  for index, entry in ipairs(record) do
    if entry[CONNECTION] == connection then
      return index
    end
  end
end

-- A lease without connections here goes, so that readers of the channel take nobody for lapsed who has left in order.
local function count(lease, change)
  if redis.call('HINCRBY', KEYS[3], lease, change) <= 0 then
    redis.call('HDEL', KEYS[3], lease)
  end
end

-- Returns gone, online or away; with away when the last connection went, or nil where that is not known.
local function state(record)
  if #record == 0 then
    return 'gone'
  end
  local since = 0
  for _, entry in ipairs(record) do
    local away = entry[AWAY]
    if not away then
      return 'online'
    end
    since = since and away ~= true and math.max(since, away) or nil
  end
  return 'away', since
end

local function event_of(before, after)
  if before == after then
    return nil
  elseif before == 'gone' then
    return 'joined'
  elseif after == 'gone' then
    return 'left'
  end
  return after == 'away' and 'away' or 'back'
end

-- Publishes to the channel how the user's state has changed. `last` is the entry whose info is published when none is left.
local function announce(room, user, before, record, last)
  local after, since = state(record)
  local event = event_of(before, after)
  if not event then
    return
  end
  local info = (record[#record] or last)[INFO]
  local packet = '42["' .. event .. '",{"channel":' .. room.json .. ',"user":' .. cjson.encode(user)
    .. (info and ',"info":' .. info or '')
    .. (since and string.format(',"since":%.0f', since) or '') .. '}]'
  redis.call(room.command, room.name, '\1\n\0\0\0\0\0\0\0\0' .. packet)
end
