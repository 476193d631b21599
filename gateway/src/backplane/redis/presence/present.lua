-- Changes one connection's entry in a channel's presence, or does what has become due of a user.
-- ARGV: 1 enter, leave, end, away, back or due; 2 user, 3 connection, 4 lease, 5 info as JSON or '', 6 1 to announce,
--       7 PUBLISH or SPUBLISH, 8 its channel, 9 the channel as JSON, 10 since when it is away, or '',
--       11 pace in ms; 12 linger and 13 hold in ms, 0 where not every node knows ended entries;
--       14 what hooks are told of: '', users, or a channel's name; where they are, 15 settle in ms, then the hooks;
--       of users then since when it is connected, when it was last heard, why it ended, how many connections a user may
--       have or 0, and the lapsed leases
-- KEYS: 4 of users the stream of the user's own channel, of a channel what was told of it; then the hooks'
-- Returns in how many ms there is something to do for the user, or -1; of users {that, connections that are replaced}.

local action, user, connection, lease = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local now = clock()
local record = load(user)
local before = state(record)
local index = find(record, connection)
local entry = index and record[index]
local announced = ARGV[6] == '1'
local told_of, settle = ARGV[14] or '', tonumber(ARGV[15])
local users = told_of == 'users'
local hooks, at
if told_of ~= '' then
  hooks, at = read_hooks(16, 5, now)
end
local since, heard, code = users and ARGV[at], users and tonumber(ARGV[at + 1]), users and ARGV[at + 2]
local replaced = {}

-- Each action may come twice, since a node writes again what failed without knowing whether it was done.
if action == 'enter' then
  local again = entry
  let_go(record)
  if entry then
    count(entry[LEASE], -1)
  else
    entry = {connection, lease, false, false, false}
    record[#record + 1] = entry
  end
  entry[LEASE] = lease
  entry[AWAY] = tonumber(ARGV[10]) or entry[AWAY]
  entry[ANNOUNCE] = announced
  entry[INFO] = ARGV[5] ~= '' and ARGV[5]
  entry[LINGER] = tonumber(ARGV[12])
  entry[HOLD] = tonumber(ARGV[13])
  count(lease, 1)
  if users then
    entry[ENDED] = false
    entry[SINCE] = tonumber(since)
    if not again then
      tell_connection(hooks, 'connected', user, entry)
    end
    local limit = tonumber(ARGV[at + 3])
    if limit > 0 and #record > limit then
      local lapsed = {}
      for place = at + 4, #ARGV do
        lapsed[ARGV[place]] = true
      end
      replaced = replace(hooks, user, record, limit, lapsed)
    end
  end
elseif action == 'due' then
  entry = let_go(record, now)
elseif not entry then
  local due = due_in(record, now)
  return users and {due} or due
elseif action == 'leave' or action == 'end' then
  entry[LINGER] = tonumber(ARGV[12])
  entry[HOLD] = tonumber(ARGV[13])
  table.remove(record, index)
  count(entry[LEASE], -1)
  if action == 'end' then
    linger(record, entry, now, now)
  end
  if users then
    tell_disconnected(hooks, user, entry, code)
  end
else
  entry[AWAY] = action == 'away' and tonumber(ARGV[10])
end

if users then
  if action ~= 'due' then
    note_heard(record, heard)
    note_mark(record, now, KEYS[4])
  end
  tell_user(hooks, user, before, record, settle, KEYS[4], entry)
  save(user, record)
  return {due_in(record, now), unpack(replaced)}
end
if action ~= 'due' then
  record.pace = tonumber(ARGV[11]) > 0 and tonumber(ARGV[11]) or nil
elseif entry then
  announced = entry[ANNOUNCE]
else
  announced = record.due
end
if announced then
  announce({command = ARGV[7], name = ARGV[8], json = ARGV[9]}, user, before, record, entry, now)
end
save(user, record)
local due = due_in(record, now)
return hooks and sooner(due, tell_occupancy(hooks, told_of, settle)) or due
