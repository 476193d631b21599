-- Ends entries of lapsed leases of some of a channel's users, and publishes who has left with that.
-- Whoever sweeps may die, or two may at once: an entry is removed and its `left` published in one step.
-- ARGV: 1 the cursor that the last call returned, 0 at first; 2 PUBLISH or SPUBLISH, 3 its channel,
--       4 the channel as JSON, 5 ms since which the nodes have been gone at least, 6 how many lapsed leases, and these;
--       then what hooks are told of, settle and the hooks, as in present.lua; of users the ms in which a dead connection
--       is noticed
-- KEYS: as in present.lua
-- Returns the next cursor, 0 at the end; then of the users for whom something is to be done later {user, in how many ms, ...}.

local room = {command = ARGV[2], name = ARGV[3], json = ARGV[4]}
local now = clock()
local ended = now - tonumber(ARGV[5])
local after = 7 + tonumber(ARGV[6])
local lapsed = {}
for index = 7, after - 1 do
  lapsed[ARGV[index]] = true
end
local told_of = ARGV[after] or ''
local users = told_of == 'users'
local hooks, silence_at
if told_of ~= '' then
  hooks, silence_at = read_hooks(after + 2, 5, now)
end

local function end_user(user, record, last)
  -- The user is told of as due: that call has the user's own messages.
  if #record == 0 then
    last[ENDED] = ended
    record[1] = last
  end
  note_heard(record, ended - tonumber(ARGV[silence_at]))
  note_mark(record, ended)
end

local function sweep(user, record)
  local before, last = state(record), nil
  for index = #record, 1, -1 do
    local entry = record[index]
    if lapsed[entry[LEASE]] and not entry[ENDED] then
      table.remove(record, index)
      count(entry[LEASE], -1)
      if users then
        tell_disconnected(hooks, user, entry, 'node_lost')
      end
      if not last or last[AWAY] and not entry[AWAY] then
        last = entry
      end
    end
  end
  if not last then
    return
  end
  if users then
    end_user(user, record, last)
    tell_user(hooks, user, before, record, tonumber(ARGV[after + 1]), nil, nil)
  else
    linger(record, last, ended, now)
    if last[ANNOUNCE] then
      announce(room, user, before, record, last, now)
    end
  end
  save(user, record)
end

local found = redis.call('HSCAN', KEYS[2], ARGV[1], 'COUNT', 200)
local reply = {found[1]}
local anybody
for index = 1, #found[2], 2 do
  local user, record = found[2][index], cmsgpack.unpack(found[2][index + 1])
  sweep(user, record)
  anybody = user
  local due = due_in(record, now)
  if due >= 0 then
    reply[#reply + 1] = user
    reply[#reply + 1] = due
  end
end
if hooks and not users then
  local due = tell_occupancy(hooks, told_of, tonumber(ARGV[after + 1]))
  if due >= 0 then
    reply[#reply + 1] = anybody or ''
    reply[#reply + 1] = due
  end
end
return reply
