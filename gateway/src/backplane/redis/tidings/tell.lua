-- Stores events for hooks; it is put after channel.lua and before the scripts in which events become true.
-- For each hook there is a stream of events, with a counter like a channel's. Its hash has besides: b, the bytes that wait;
-- kn, kf, kt and an, af, at, how many were let go for want of room or by age, and the times of the first and the last;
-- l, the epoch of what was told last. An entry has e, the event, as it is told.

local function note_dropped(counter, why, time)
  redis.call('HINCRBY', counter, why .. 'n', 1)
  redis.call('HSETNX', counter, why .. 'f', text(time))
  redis.call('HSET', counter, why .. 't', text(time))
end

-- Lets the oldest go while `too_much` of them says so, of which it is given an entry and the bytes that wait.
local function drop_oldest(counter, stream, why, too_much)
  local bytes = tonumber(redis.call('HGET', counter, 'b') or 0)
  while true do
    local heads = redis.call('XRANGE', stream, '-', '+', 'COUNT', 16)
    if #heads == 0 then
      return
    end
    for _, head in ipairs(heads) do
      if not too_much(head, bytes) then
        return
      end
      local size = #head[2][2]
      bytes = bytes - size
      redis.call('XDEL', stream, head[1])
      redis.call('HINCRBY', counter, 'b', -size)
      note_dropped(counter, why, time_of(head))
    end
  end
end

-- Hooks as a script is given them.
-- ARGV from `at`: nonce, tag, how many hooks; for each the kinds that it is told, between commas, the bytes that are kept
-- for it and for how many ms. KEYS from `key`: for each its counter and its stream.
-- Returns them, and the places after.
local function read_hooks(at, key, now)
  local hooks = {nonce = ARGV[at], tag = ARGV[at + 1], now = now}
  for index = 1, tonumber(ARGV[at + 2] or 0) do
    hooks[index] = {
      kinds = ARGV[at + index * 3], size = tonumber(ARGV[at + index * 3 + 1]), age = ARGV[at + index * 3 + 2],
      counter = KEYS[key + index * 2 - 2], stream = KEYS[key + index * 2 - 1],
    }
  end
  return hooks, at + 3 + #hooks * 3, key + #hooks * 2
end

local function hears(hook, kind)
  return string.find(hook.kinds, ',' .. kind .. ',', 1, true) ~= nil
end

-- Stores an event for each hook that is told of its kind.
-- `members` is JSON that stands in the event after its key, with a comma before each member.
local function tell(hooks, kind, key, members)
  for _, hook in ipairs(hooks) do
    if hears(hook, kind) then
      if not hook.epoch then
        hooks.ending = hooks.ending or epochs_end()
        hook.epoch = open(hook.counter, hook.stream, hooks.nonce, hooks.ending)
        redis.call('PEXPIRE', hook.counter, hook.age + 3600000)
        hook.fresh = true
      end
      local number = text(redis.call('HINCRBY', hook.counter, 'n', 1))
      local event = '{"id":"' .. hooks.tag .. '-' .. hook.epoch .. '-' .. number .. '","type":"' .. kind
        .. '","time":' .. text(hooks.now) .. ',"key":' .. cjson.encode(key)
        .. ',"order":"' .. hook.epoch .. ':' .. number .. '"' .. members .. '}'
      redis.call('XADD', hook.stream, number .. '-' .. text(hooks.now), 'e', event)
      if redis.call('HINCRBY', hook.counter, 'b', #event) > hook.size then
        drop_oldest(hook.counter, hook.stream, 'k', function(_, bytes) return bytes > hook.size end)
      end
      if hook.fresh then
        redis.call('PEXPIRE', hook.stream, hook.age + 3600000)
        hook.fresh = false
      end
    end
  end
end
