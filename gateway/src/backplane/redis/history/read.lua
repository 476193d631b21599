-- Reads several channels within one budget.
-- KEYS: a counter and a stream for each read
-- ARGV: 1 nonce, 2 messages, 3 bytes, 4 attachments, 5 1 where exceptions are wanted; then for each read ttl in ms, where it starts
--       (top, start, newest, after), the epoch and offset that `after` means, limit or -1, 1 where reversed
-- Returns for each read {epoch, offset of the top, reached, more, {offset, packet, attachments, ...},
-- {offset, exceptions, ...} of those that have any, where they are wanted}.

local now = clock()
local ending = epochs_end()
local left = {messages = tonumber(ARGV[2]), bytes = tonumber(ARGV[3]), attachments = tonumber(ARGV[4])}
local untouched = true
local all_wanted = ARGV[5] == '1'
local marker = '["message",'

-- The first entry of the call fits whatever its size, or nobody could ever read past it.
local function take(packet, attachments, exceptions)
  local _, marked = string.find(packet, marker, 1, true)
  local bytes = #packet - (marked or 0) - 1
  local count = 0
  if attachments then
    count = struct.unpack('>I4', attachments)
    bytes = bytes + #attachments - 4 - 4 * count
  end
  if exceptions then
    bytes = bytes + #exceptions
  end
  local fits = left.messages >= 1 and left.bytes >= bytes and left.attachments >= count
  if not fits and not untouched then
    return false
  end
  untouched = false
  left.messages = left.messages - 1
  left.bytes = left.bytes - bytes
  left.attachments = left.attachments - count
  return true
end

-- Few at a time: Redis does nothing else meanwhile, and what does not fit into the budget is read for nothing.
local function next_entries(stream, read, last)
  if read.from == 'newest' then
    return last and {} or redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
  end
  local count = math.max(1, math.min(20, left.messages + 1))
  if read.reverse then
    return redis.call('XREVRANGE', stream, last and text(last - 1) or '+', '-', 'COUNT', count)
  end
  return redis.call('XRANGE', stream, text((last or read.offset) + 1), '+', 'COUNT', count)
end

-- Returns the entries, whether a limit or the budget ended them, and the exceptions.
local function walk(stream, read)
  local entries, exceptions, last = {}, {}, nil
  while true do
    local found = next_entries(stream, read, last)
    if #found == 0 then
      return entries, 0, exceptions
    end
    for _, entry in ipairs(found) do
      local fields = entry[2]
      local excepted = all_wanted and fields[6]
      if #entries == read.limit * 3 or not take(fields[2], fields[4], excepted) then
        return entries, 1, exceptions
      end
      last = offset_of(entry)
      entries[#entries + 1] = last
      entries[#entries + 1] = fields[2]
      entries[#entries + 1] = fields[4] or ''
      if excepted then
        exceptions[#exceptions + 1] = last
        exceptions[#exceptions + 1] = excepted
      end
    end
  end
end

-- Whether the message after the position is stored, or nothing has come after it.
local function reaches(stream, read, epoch, top)
  if read.from ~= 'after' then
    return true
  end
  if read.epoch ~= epoch or read.offset > top then
    return false
  end
  local first = redis.call('XRANGE', stream, text(read.offset + 1), '+', 'COUNT', 1)[1]
  return read.offset == top or (first ~= nil and offset_of(first) == read.offset + 1)
end

-- The counter is opened also by who reads no entries: from here on the channel has an epoch that a client can come back to.
local function page(counter, stream, read)
  local epoch, top, oldest = open(counter, stream, ARGV[1], ending)
  refresh(counter, read.ttl, top)
  drop_aged(counter, stream, oldest, now, read.ttl)
  if read.from == 'top' then
    return {epoch, top, 1, 0, {}, {}}
  end
  if not reaches(stream, read, epoch, top) then
    return {epoch, top, 0, 0, {}, {}}
  end
  local entries, more, exceptions = walk(stream, read)
  return {epoch, top, 1, more, entries, exceptions}
end

local pages = {}
for index = 1, #KEYS / 2 do
  local at = 5 + (index - 1) * 6
  pages[index] = page(KEYS[index * 2 - 1], KEYS[index * 2], {
    ttl = tonumber(ARGV[at + 1]),
    from = ARGV[at + 2],
    epoch = ARGV[at + 3],
    offset = tonumber(ARGV[at + 4]),
    limit = tonumber(ARGV[at + 5]),
    reverse = ARGV[at + 6] == '1',
  })
end
return pages
