-- Takes from a fresh interpreter what scripts must not have, and makes the rest unchangeable. Runs once, before any script.
-- With `loading` it is an interpreter for functions, where `loading` are the names known while a library is loaded.
local guard, deprecated, loading = ...
local globals = _G
globals.guard = nil

-- Marking what is always there costs more than what scripts leave behind: a cycle begins when memory has doubled.
collectgarbage('setpause', 200)

for _, name in ipairs { 'dofile', 'loadfile', 'print', 'module', 'require', 'package', 'debug', 'io' } do
  globals[name] = nil
end
if not deprecated then
  globals.getfenv, globals.setfenv, globals.newproxy = nil, nil, nil
end
globals.os = { clock = os.clock }
globals.pcall = guard.pcall
globals.__redis__err__handler = guard.describe

local freeze, setmetatable, pairs, type = guard.freeze, setmetatable, pairs, type
local function freeze_members(table)
  for _, member in pairs(table) do
    if type(member) == 'table' and member ~= table then
      freeze(member)
    end
  end
end

freeze_members(globals)
freeze(getmetatable(''))
local missing = freeze { __index = guard.missing }
if not loading then
  return freeze(setmetatable(globals, missing))
end

-- Libraries live in an environment of their own, empty, behind which stand the names of the moment.
setmetatable(loading.redis, missing)
freeze_members(loading)
freeze(setmetatable(loading, missing))
local names = freeze(setmetatable(globals, missing))
local behind = freeze { __index = names }
local environment = freeze(setmetatable({}, behind))
local thaw = guard.thaw
local function switch(on)
  thaw(behind).__index = on and loading or names
  freeze(behind)
end
return environment, switch
