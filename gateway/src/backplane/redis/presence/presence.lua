-- What the scripts of presence share; it is put before each of them.
-- KEYS: 1 users, a sorted set in the order of their ids; 2 records, user to packed connections in the order
-- in which they came; 3 leases, lease to its number of connections here.

-- The places of a connection in a record. AWAY has when it went away, in Unix milliseconds, or false. It is true where
-- a node has written it that knows no time. ENDED has when the connection ended: the entry then stays for LINGER ms, or
-- until HOLD ms after it went away, and counts for no lease. A record has one such entry, or those of connections.
-- Nodes that know nothing of the last three take it for a connection, so it is made only where every node knows them.
local CONNECTION, LEASE, AWAY, ANNOUNCE, INFO, LINGER, HOLD, ENDED = 1, 2, 3, 4, 5, 6, 7, 8

-- A record has, beside its connections: at, when subscribers were last told of the user, and pace, how many ms apart that
-- is done; told, the state that they know where it is another one by now; due, when that may be told; info, of the last
-- connection, where none is left.

local function load(user)
  local packed = redis.call('HGET', KEYS[2], user)
  return packed and cmsgpack.unpack(packed) or {}
end

local function save(user, record)
  if #record > 0 then
    redis.call('ZADD', KEYS[1], 0, user)
  else
    redis.call('ZREM', KEYS[1], user)
  end
  if #record > 0 or record.due then
    redis.call('HSET', KEYS[2], user, cmsgpack.pack(record))
  else
    redis.call('HDEL', KEYS[2], user)
  end
end

local function find(record, connection)
  for index, entry in ipairs(record) do
    if entry[CONNECTION] == connection and not entry[ENDED] then
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

-- When an entry goes whose connection has ended.
local function goes_at(entry)
  local at = entry[ENDED] + entry[LINGER]
  return type(entry[AWAY]) == 'number' and math.max(at, entry[AWAY] + entry[HOLD]) or at
end

-- Keeps an entry that was the last of its record as ended, where it may come back. Returns whether it does.
local function linger(record, entry, ended, now)
  if #record > 0 or not entry[LINGER] then
    return false
  end
  entry[ENDED] = ended
  if goes_at(entry) <= now then
    return false
  end
  record[1] = entry
  return true
end

-- Takes ended entries out whose time has come, or all of them. Returns the last of these.
local function let_go(record, now)
  local last
  for index = #record, 1, -1 do
    local entry = record[index]
    if entry[ENDED] and (not now or goes_at(entry) <= now) then
      last = table.remove(record, index)
    end
  end
  return last
end

-- In how many ms there is something to do for a record, or -1.
local function due_in(record, now)
  local due = record.due
  for _, entry in ipairs(record) do
    if entry[ENDED] then
      due = math.min(due or math.huge, goes_at(entry))
    end
  end
  return due and math.max(0, due - now) or -1
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

local function send(room, event, user, info, since)
  local packet = '42["' .. event .. '",{"channel":' .. room.json .. ',"user":' .. cjson.encode(user)
    .. (info and ',"info":' .. info or '')
    .. (since and string.format(',"since":%.0f', since) or '') .. '}]'
  redis.call(room.command, room.name, '\1\n\0\0\0\0\0\0\0\0' .. packet)
end

-- Publishes to the channel how the user's state has changed, or notes when that may be done. `last` is the entry whose
-- info is published when none is left.
local function announce(room, user, before, record, last, now)
  local told, after, since = record.told or before, state(record)
  local event = event_of(told, after)
  local newest = record[#record] or last
  record.info = #record == 0 and (newest and newest[INFO] or record.info) or nil
  record.told, record.due = nil, nil
  local earliest = record.at and record.pace and record.at + record.pace or 0
  if now < earliest then
    -- Who is gone is kept for that long, or who comes and goes in turn would be told of each time.
    record.told = event and told or nil
    record.due = (event or after == 'gone') and earliest or nil
    return
  end
  if not event then
    return
  end
  local info = newest and newest[INFO] or record.info
  send(room, event, user, info, since)
  if event == 'joined' and after == 'away' then
    send(room, 'away', user, info, since)
  end
  if record.pace then
    record.at = now
    record.due = after == 'gone' and now + record.pace or nil
  end
end
