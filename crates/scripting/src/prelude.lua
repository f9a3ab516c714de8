-- Finishes the sandbox. Runs once in a fresh interpreter, before the first script.
local bridge = redis.__bridge
redis.__bridge = nil
local getinfo = debug.getinfo
debug = nil

-- redis.call raises what redis.pcall returns.
function redis.call(...)
  local reply = bridge.call(...)
  if type(reply) == 'table' and reply.err ~= nil then
    error(reply, 0)
  end
  return reply
end

function redis.pcall(...)
  return bridge.call(...)
end

function redis.log(...)
  return bridge.log(...)
end

function redis.setresp(...)
  return bridge.setresp(...)
end

server = redis

-- Where in the script an error was raised: the innermost frame of the script itself.
local function locate(problem)
  if type(problem) ~= 'table' then
    problem = { err = 'ERR ' .. tostring(problem) }
  end
  for level = 2, 100 do
    local frame = getinfo(level, 'Sl')
    if frame == nil then break end
    if frame.source == '@user_script' then
      problem.source = 'user_script'
      problem.line = frame.currentline
      break
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
