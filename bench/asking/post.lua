-- wrk's script: one body, posted with the next key each time. Its argument is a folder.
-- Every answer has to be 200, as long as those that were compared before, and without errors, which
-- stand before the data or after it.

local threads, requests, turn, shortest = {}, {}, 0, 0
refused, example = 0, ""

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   local folder = args[1]
   local body = io.open(folder .. "/body"):read("*a")
   for key in io.lines(folder .. "/keys") do
      local headers = {
         ["Authorization"] = "Bearer " .. key,
         ["Content-Type"] = "application/json",
         ["Accept"] = "application/json",
      }
      table.insert(requests, wrk.format("POST", nil, headers, body))
   end
   shortest = tonumber(io.open(folder .. "/shortest"):read("*a"))
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function response(status, headers, body)
   local ends = body:sub(1, 200) .. body:sub(-500)
   if status ~= 200 or #body < shortest or ends:find('"errors"', 1, true) then
      refused = refused + 1
      example = string.format("%d, %d bytes: %s ... %s", status, #body, body:sub(1, 200), body:sub(-200))
   end
end

function done(summary, latency, requests)
   local errors = summary.errors
   local refused, example = 0, ""
   for _, thread in ipairs(threads) do
      if thread:get("refused") > 0 then
         refused, example = refused + thread:get("refused"), thread:get("example")
      end
   end
   print(string.format("\nrequests %d", summary.requests))
   print(string.format("microseconds %d", summary.duration))
   print(string.format("p99 %d", latency:percentile(99)))
   print(string.format("broken %d", errors.connect + errors.read + errors.write + errors.timeout))
   print(string.format("refused %d", refused))
   print("example " .. example:gsub("%s+", " "))
end
