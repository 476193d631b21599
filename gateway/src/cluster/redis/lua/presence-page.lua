-- Reads users of a channel in the order of their ids.
-- KEYS: 1 users, 2 records, 3 leases
-- ARGV: 1 limit, 2 the user after whom the page begins or '', then the leases that are known to be live
-- Returns {total, leases that are not known to be live, 1 where users remain, {user, away, connections, info or '', ...}}.

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
  local packed = redis.call('HGET', KEYS[2], user)
  local record = packed and cmsgpack.unpack(packed) or {{}}
  local away = 1
  for _, entry in ipairs(record) do
    if not entry[3] then
      away = 0
    end
  end
  page[#page + 1] = user
  page[#page + 1] = away
  page[#page + 1] = #record
  page[#page + 1] = record[#record][5] or ''
end
return {redis.call('ZCARD', KEYS[1]), suspects, more, page}
