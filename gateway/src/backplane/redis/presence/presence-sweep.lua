-- Ends entries of lapsed leases of some of a channel's users, and publishes who has left with that.
-- Whoever sweeps may die, or two may at once: an entry is removed and its `left` published in one step.
-- ARGV: 1 the cursor that the last call returned, 0 at first; 2 PUBLISH or SPUBLISH, 3 its channel,
--       4 the channel as JSON, 5 ms since which the nodes have been gone at least, then the lapsed leases
-- Returns the next cursor, 0 at the end; then of the users for whom something is to be done later {user, in how many ms, ...}.

local room = {command = ARGV[2], name = ARGV[3], json = ARGV[4]}
local now = clock()
local ended = now - tonumber(ARGV[5])
local lapsed = {}
for index = 6, #ARGV do
  lapsed[ARGV[index]] = true
end

local function sweep(user, record)
  local before, last = state(record), nil
  for index = #record, 1, -1 do
    local entry = record[index]
    if lapsed[entry[LEASE]] and not entry[ENDED] then
      table.remove(record, index)
      count(entry[LEASE], -1)
      if not last or last[AWAY] and not entry[AWAY] then
        last = entry
      end
    end
  end
  if last then
    linger(record, last, ended, now)
    if last[ANNOUNCE] then
      announce(room, user, before, record, last, now)
    end
    save(user, record)
  end
end

local found = redis.call('HSCAN', KEYS[2], ARGV[1], 'COUNT', 200)
local reply = {found[1]}
for index = 1, #found[2], 2 do
  local user, record = found[2][index], cmsgpack.unpack(found[2][index + 1])
  sweep(user, record)
  local due = due_in(record, now)
  if due >= 0 then
    reply[#reply + 1] = user
    reply[#reply + 1] = due
  end
end
return reply
