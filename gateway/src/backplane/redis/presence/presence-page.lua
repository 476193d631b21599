-- Reads users of a channel in the order of their ids.
-- ARGV: 1 limit, 2 the user after whom the page begins or '', then the leases that are known to be live
-- Returns {total, leases that are not known to be live, 1 where users remain,
-- {user, online or away, since when it is away or '', connections, info or '', ...}}.

local live = {}
for index = 3, #ARGV do
  live[ARGV[index]] = true
end
local suspects = {}
for _, lease in ipairs(redis.call('HKEYS', KEYS[3])) do
  if not live[lease] then
    suspects[#suspects + 1] = lease
  end
end

local limit = tonumber(ARGV[1])
local from = ARGV[2] == '' and '-' or '(' .. ARGV[2]
local users = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, limit + 1)
local more = #users > limit and 1 or 0
if more == 1 then
  users[#users] = nil
end

local page = {}
for _, user in ipairs(users) do
  local record = load(user)
  -- A Redis that evicts may have lost the records, and not the users.
  if #record == 0 then
    record = {{}}
  end
  local is, since = state(record)
  page[#page + 1] = user
  page[#page + 1] = is
  page[#page + 1] = since or ''
  page[#page + 1] = record[1] and record[1][ENDED] and 0 or #record
  page[#page + 1] = record[#record][INFO] or ''
end
return {redis.call('ZCARD', KEYS[1]), suspects, more, page}
