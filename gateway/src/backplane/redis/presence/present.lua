-- Changes one connection's entry in a channel's presence, or does what has become due of a user.
-- ARGV: 1 enter, leave, end, away, back or due; 2 user, 3 connection, 4 lease, 5 info as JSON or '', 6 1 to announce,
--       7 PUBLISH or SPUBLISH, 8 its channel, 9 the channel as JSON, 10 since when it is away, or '',
--       11 pace in ms; 12 linger and 13 hold in ms, 0 where not every node knows ended entries
-- Returns in how many ms there is something to do for the user, or -1.

local action, user, connection, lease = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local now = clock()
local record = load(user)
local before = state(record)
local index = find(record, connection)
local entry = index and record[index]
local announced = ARGV[6] == '1'

-- Each action may come twice, since a node writes again what failed without knowing whether it was done.
if action == 'enter' then
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
elseif action == 'due' then
  entry = let_go(record, now)
elseif not entry then
  return due_in(record, now)
elseif action == 'leave' or action == 'end' then
  entry[LINGER] = tonumber(ARGV[12])
  entry[HOLD] = tonumber(ARGV[13])
  table.remove(record, index)
  count(entry[LEASE], -1)
  if action == 'end' then
    linger(record, entry, now, now)
  end
else
  entry[AWAY] = action == 'away' and tonumber(ARGV[10])
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
return due_in(record, now)
