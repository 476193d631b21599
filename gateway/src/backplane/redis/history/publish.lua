-- Stores and publishes messages: those of a channel in their order, each as one step.
-- KEYS: for each channel its counter and its stream; then the idempotency keys, in the order of their messages; then for
--       each channel of which hooks are told the records of users with the same tag, and what read_hooks takes
-- ARGV: 1 PUBLISH or SPUBLISH, 2 nonce, 3 ms for which an idempotency key is known, 4 how many channels follow, 5 where
--       the keys for hooks begin:
--       for each its pub/sub channel, the size ('' where nothing is stored), the ttl in ms, how many messages,
--       its name where hooks are told of it, or ''; where they are, the user whose own it is, or '', and what read_hooks takes;
--       for each message 1 where it has an idempotency key, its exceptions, its attachments ('' where none), its head;
--       where hooks are told, the message without its data up to the place for its position, or '' where that is told too
-- Returns for each channel {epoch, repeated, offset, repeated, offset, ...}; the offset is 0 where nothing is stored.
-- In place of `repeated` is 2 for a message that could not be stored.

local no_parts = '\0\0\0\0'
local now = clock()
local ending = epochs_end()
local at = 6
local next_key = tonumber(ARGV[4]) * 2 + 1
local next_hook_key = tonumber(ARGV[5])
-- What this script has already done stays done, so an error after that is the message's and not the script's.
local wrote = false

local function next_message(told)
  local message = {except = ARGV[at + 1], attachments = ARGV[at + 2], head = ARGV[at + 3]}
  if ARGV[at] == '1' then
    message.key = KEYS[next_key]
    next_key = next_key + 1
  end
  if message.except == '' then message.except = no_parts end
  if message.attachments == '' then message.attachments = no_parts end
  at = at + 4
  if told then
    message.brief = ARGV[at]
    at = at + 1
  end
  return message
end

-- In which state the user is who has not seen what is published now, or nil. Who has just gone may have it yet: that is
-- told with the going.
local function unseen_by(records, user)
  local packed = redis.call('HGET', records, user)
  if not packed then
    return 'offline'
  end
  local record = cmsgpack.unpack(packed)
  local is = record.told or state(record)
  if is == 'gone' then
    return 'offline'
  end
  return is == 'away' and 'away' or nil
end

local function tell_published(told, message, position)
  local json = message.brief
  if json == '' then
    json = string.sub(message.head, string.find(message.head, '{', 1, true), -1)
  end
  json = ',"message":' .. json .. ',"position":"' .. position .. '"}'
  tell(told.hooks, 'published', told.channel, json)
  local is = told.user ~= '' and unseen_by(told.records, told.user)
  if is then
    tell(told.hooks, 'unseen', told.user, ',"state":"' .. is .. '"' .. json)
  end
end

-- What hooks are told of a channel whose name is the next argument; nil where none is.
local function next_told()
  local channel = ARGV[at]
  at = at + 1
  if channel == '' then
    return nil
  end
  local told = {channel = channel, user = ARGV[at], records = KEYS[next_hook_key]}
  told.hooks, at, next_hook_key = read_hooks(at + 1, next_hook_key + 1, now)
  return told
end

-- Of a message with a history its offset, so that a repetition is answered with the position of the first one.
local function remember(message, value)
  if message.key then
    redis.call('SET', message.key, value, 'PX', ARGV[3])
  end
end

local function send(room, position, message, packet)
  redis.call(ARGV[1], room, '\1' .. position .. '\n' .. message.except .. message.attachments .. packet)
end

-- Publishes a message of a channel without a history. Nothing is stored, so a repetition is answered without a position.
local function pass_on(room, message)
  if message.key and redis.call('GET', message.key) then
    return 1, 0
  end
  remember(message, '')
  wrote = true
  send(room, '', message, message.head .. '}]')
  return 0, 0
end

-- Stores a message, then publishes it. A subscriber that sees a hole reads the history at once: what comes after the hole
-- must never be there before what is in it.
local function store(channel, epoch, message)
  local first = message.key and redis.call('GET', message.key)
  if first then
    return 1, tonumber(first) or 0
  end
  -- The first write is one that Redis refuses where its memory is full, so none of them has happened then.
  local offset = redis.call('HINCRBY', channel.counter, 'n', 1)
  wrote = true
  local position = epoch .. ':' .. text(offset)
  local packet = message.head .. ',"position":"' .. position .. '"}]'
  local id = text(offset) .. '-' .. text(now)
  if message.except ~= no_parts then
    redis.call('XADD', channel.stream, 'MAXLEN', channel.size, id, 'p', packet, 'a', message.attachments, 'x', message.except)
  elseif message.attachments == no_parts then
    redis.call('XADD', channel.stream, 'MAXLEN', channel.size, id, 'p', packet)
  else
    redis.call('XADD', channel.stream, 'MAXLEN', channel.size, id, 'p', packet, 'a', message.attachments)
  end
  remember(message, text(offset))
  if channel.told then
    tell_published(channel.told, message, position)
  end
  send(channel.room, position, message, packet)
  return 0, offset
end

-- Aged messages are dropped here and at reads only. The stream outlives the last message's ttl by a second, so that one
-- that a read still counts is not gone before it; the counter outlives the stream, or its offsets would be given again.
local function store_all(channel, messages, result)
  local epoch, _, oldest = open(channel.counter, channel.stream, ARGV[2], ending)
  result[1] = epoch
  for _, message in ipairs(messages) do
    local repeated, offset = store(channel, epoch, message)
    result[#result + 1] = repeated
    result[#result + 1] = offset
  end
  drop_aged(channel.counter, channel.stream, oldest, now, channel.ttl)
  redis.call('PEXPIRE', channel.stream, channel.ttl + 1000)
  refresh(channel.counter, channel.ttl, 1)
end

local function pass_all_on(channel, messages, result)
  for _, message in ipairs(messages) do
    local repeated, offset = pass_on(channel.room, message)
    result[#result + 1] = repeated
    result[#result + 1] = offset
  end
end

local results = {}
local trouble
for index = 1, tonumber(ARGV[4]) do
  local channel = {
    counter = KEYS[index * 2 - 1],
    stream = KEYS[index * 2],
    room = ARGV[at],
    size = ARGV[at + 1],
    ttl = tonumber(ARGV[at + 2]),
  }
  local messages = {}
  local count = tonumber(ARGV[at + 3])
  at = at + 4
  channel.told = next_told()
  for _ = 1, count do
    messages[#messages + 1] = next_message(channel.told)
  end
  local result = {''}
  local done, problem = pcall(channel.size == '' and pass_all_on or store_all, channel, messages, result)
  if not done then trouble = problem end
  while #result < 1 + 2 * count do
    result[#result + 1] = 2
    result[#result + 1] = 0
  end
  results[index] = result
end
if trouble and not wrote then
  return type(trouble) == 'table' and trouble or redis.error_reply(trouble)
end
return results
