-- Removes entries of lapsed leases from some of a channel's users, and publishes who has left with that.
-- Whoever sweeps may die, or two may at once: an entry is removed and its `left` published in one step.
-- ARGV: 1 the cursor that the last call returned, 0 at first; 2 PUBLISH or SPUBLISH, 3 its channel,
--       4 the channel as JSON, then the lapsed leases
-- Returns the next cursor, 0 at the end.

local room = {command = ARGV[2], name = ARGV[3], json = ARGV[4]}
local lapsed = {}
for index = 5, #ARGV do
  lapsed[ARGV[index]] = true
end

local function sweep(user, record)
  local before, kept, last = state(record), {}, nil
  for _, entry in ipairs(record) do
    if lapsed[entry[LEASE]] then
      last = entry
      count(entry[LEASE], -1)
    else
      kept[#kept + 1] = entry
    end
  end
  if last then
    save(user, kept)
    if last[ANNOUNCE] then
      announce(room, user, before, kept, last)
    end
  end
end

local found = redis.call('HSCAN', KEYS[2], ARGV[1], 'COUNT', 200)
for index = 1, #found[2], 2 do
  sweep(found[2][index], cmsgpack.unpack(found[2][index + 1]))
end
return found[1]
