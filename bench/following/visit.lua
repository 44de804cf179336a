-- wrk's script: visits to links, one after the other. Its arguments are a file of codes and whose
-- user agent visits. Every answer has to be a redirect that leads somewhere.

local threads, requests, turn = {}, {}, 0
refused, example = 0, ""

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   local headers = { ["User-Agent"] = args[2] }
   for code in io.lines(args[1]) do
      table.insert(requests, wrk.format("GET", "/l/" .. code, headers))
   end
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function response(status, headers, body)
   if status ~= 302 or headers["location"] == nil then
      refused = refused + 1
      example = string.format("%d %s", status, body:sub(1, 200))
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
