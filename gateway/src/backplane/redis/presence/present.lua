-- Changes one connection's entry in a channel's presence.
-- ARGV: 1 enter, leave, away or back; 2 user, 3 connection, 4 lease, 5 info as JSON or '', 6 1 to announce,
--       7 PUBLISH or SPUBLISH, 8 its channel, 9 the channel as JSON, 10 since when it is away, or ''

local action, user, connection, lease = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local record = load(user)
local before = state(record)
local index = find(record, connection)
local entry = index and record[index]

-- Each action may come twice, since a node writes again what failed without knowing whether it was done.
if action == 'enter' then
  if entry then
    count(entry[LEASE], -1)
  else
    entry = {connection, lease, false, false, false}
    record[#record + 1] = entry
  end
  entry[LEASE] = lease
  entry[ANNOUNCE] = ARGV[6] == '1'
  entry[INFO] = ARGV[5] ~= '' and ARGV[5]
  count(lease, 1)
elseif not entry then
  return
elseif action == 'leave' then
  table.remove(record, index)
  count(entry[LEASE], -1)
else
  entry[AWAY] = action == 'away' and tonumber(ARGV[10])
end

save(user, record)
if ARGV[6] == '1' then
  announce({command = ARGV[7], name = ARGV[8], json = ARGV[9]}, user, before, record, entry)
end
