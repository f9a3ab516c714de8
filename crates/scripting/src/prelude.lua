-- Finishes the sandbox. Runs once in a fresh interpreter, before the first script.
local bridge = redis.__bridge
redis.__bridge = nil
local getinfo = debug.getinfo
debug = nil
server = redis

-- What redis.call raises is made a table with the reply's text, as redis.pcall returns it.
local function as_table(problem)
  if type(problem) == 'userdata' then
    return bridge.describe(problem)
  end
  return problem
end

local plain_pcall = pcall

function pcall(...)
  local results = { plain_pcall(...) }
  if not results[1] then
    if type(results[2]) == 'userdata' then
      results[2] = bridge.describe(results[2]).err
    end
  end
  return unpack(results, 1, table.maxn(results))
end

-- Where in the script an error was raised: the innermost frame of the script itself.
local function locate(problem)
  problem = as_table(problem)
  if type(problem) ~= 'table' then
    problem = { err = 'ERR ' .. tostring(problem) }
  end
  for level = 2, 100 do
    if problem.line ~= nil then break end
    local frame = getinfo(level, 'Sl')
    if frame == nil then break end
    if frame.source == '@user_script' then
      problem.line = frame.currentline
    end
  end
  return problem
end

function bridge.run(script)
  return xpcall(script, locate)
end

-- Scripts have no globals of their own, and a name that does not exist is a mistake.
setmetatable(_G, {
  __newindex = function()
    error('Attempt to modify a readonly table', 2)
  end,
  __index = function(_, name)
    error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
  end,
})
