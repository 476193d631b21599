-- Tells hooks whether anybody is in a channel.
-- KEYS: 4 what was told of it: nothing, 1, or the Unix ms at which it may be told that nobody is there any more.

-- Returns in how many ms there is something to tell, or -1.
local function tell_occupancy(hooks, channel, settle)
  local told = redis.call('GET', KEYS[4])
  if redis.call('ZCARD', KEYS[1]) > 0 then
    if not told then
      tell(hooks, 'occupied', channel, '')
    end
    if told ~= '1' then
      redis.call('SET', KEYS[4], '1')
    end
    return -1
  elseif not told then
    return -1
  end
  local due = told == '1' and hooks.now + settle or tonumber(told)
  if due > hooks.now then
    redis.call('SET', KEYS[4], text(due))
    return due - hooks.now
  end
  redis.call('DEL', KEYS[4])
  tell(hooks, 'vacated', channel, '')
  return -1
end

local function sooner(one, other)
  if one < 0 or other < 0 then
    return math.max(one, other)
  end
  return math.min(one, other)
end
