-- Tells hooks of users and their connections; of the presence whose members are the users of the gateway itself.
-- In its entries SINCE is the Unix ms of the connect, and INFO are members of a JSON object. A record has besides: mark,
-- when the user's last connection ended or went away; seen, the newest message of its own before that; heard, when one of those that have was last heard.

local SINCE = 9

local function tell_connection(hooks, kind, user, entry, more)
  tell(hooks, kind, entry[CONNECTION], ',"user":' .. cjson.encode(user) .. ',' .. entry[INFO] .. (more or ''))
end

local function tell_disconnected(hooks, user, entry, code)
  local seconds = math.max(0, hooks.now - entry[SINCE]) / 1000
  tell_connection(hooks, 'disconnected', user, entry, string.format(',"code":"%s","seconds":%.3f', code, seconds))
end

local function note_heard(record, heard)
  record.heard = math.max(record.heard or 0, heard or 0)
end

-- Notes since when nobody has been there to see anything, and the newest message before that, where the stream is known.
local function note_mark(record, now, stream)
  local newest = record[#record]
  if newest and not newest[ENDED] and state(record) == 'online' then
    record.mark, record.seen = nil, nil
  elseif not record.mark then
    record.mark = now
    local last = stream and redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
    record.seen = last and offset_of(last)
  end
end

-- Tells what was published to the user since its mark; of what is long, or has attachments, where it stands.
local function tell_missed(hooks, user, stream, record, is)
  local missed = {}
  for _, entry in ipairs(redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 200)) do
    local time = time_of(entry)
    if time < record.mark or time == record.mark and record.seen and offset_of(entry) <= record.seen then
      break
    end
    missed[#missed + 1] = entry[2]
  end
  for index = #missed, 1, -1 do
    local packet = missed[index][2]
    local message = string.sub(packet, string.find(packet, '{', 1, true), -2)
    if #message > 8192 or string.sub(packet, 1, 2) ~= '42' then
      message = '{"channel":' .. cjson.encode('user:' .. user) .. string.match(message, ',"position":"[^"]+"}$')
    end
    tell(hooks, 'unseen', user, ',"state":"' .. is .. '","message":' .. message)
  end
end

-- Tells how the user's state has changed since that was told last, or notes when it may be.
-- `stream` has the messages of the user's own channel, and without it the user's going is not told now; `gone` is the entry that was let go.
local function tell_user(hooks, user, before, record, settle, stream, gone)
  local now = hooks.now
  local told, after, away_since = record.told or before, state(record)
  record.told, record.due = nil, nil
  local function since(time)
    return ',"since":' .. text(time)
  end
  if told == 'gone' and after ~= 'gone' then
    tell(hooks, 'online', user, since(now))
    told = 'online'
  end
  if told == after or told == 'gone' then
    return
  end
  local heard = ',"heard":' .. text(record.heard or now)
  if after == 'online' then
    tell(hooks, 'back', user, since(now))
  elseif after == 'away' then
    local mark = record.mark
    if now < mark + settle or not stream then
      record.told, record.due = told, math.max(now, mark + settle)
      return
    end
    tell(hooks, 'away', user, since(away_since or mark) .. heard)
    tell_missed(hooks, user, stream, record, 'away')
  else
    local ended = gone and gone[ENDED] or now
    tell(hooks, 'offline', user, since(ended) .. heard)
    if told == 'online' then
      tell_missed(hooks, user, stream, record, 'offline')
    end
  end
end

-- Takes the oldest connections out of a record that has more than a user may have. Those of lapsed leases do not count.
-- Returns the connections.
local function replace(hooks, user, record, limit, lapsed)
  local live = {}
  for _, entry in ipairs(record) do
    if not lapsed[entry[LEASE]] then
      live[#live + 1] = entry
    end
  end
  table.sort(live, function(one, other) return one[SINCE] < other[SINCE] end)
  local replaced = {}
  for index = 1, #live - limit do
    local connection = live[index][CONNECTION]
    table.remove(record, find(record, connection))
    count(live[index][LEASE], -1)
    tell_disconnected(hooks, user, live[index], 'replaced')
    replaced[index] = connection
  end
  return replaced
end
