/*
** What the server's sandbox needs of the interpreter and Lua itself has not. The table is taken away from the globals
** before the first script runs.
*/

#define lguard_c
#define LUA_LIB

#include <string.h>

#include "lua.h"

#include "lauxlib.h"
#include "lualib.h"


/* guard.freeze(table): from now on any change of it is an error. guard.thaw(table) takes that back. */
static int guard_freeze (lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_setreadonly(L, 1, 1);
  lua_settop(L, 1);
  return 1;
}


static int guard_thaw (lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_setreadonly(L, 1, 0);
  lua_settop(L, 1);
  return 1;
}


/* Leaves what the wrapped function has left from `base` on as the results of its caller; see call_raising. */
static int finish (lua_State *L, int base) {
  switch ((int)lua_tointeger(L, base)) {
    case 0:
      return lua_gettop(L) - base;
    case 1:
      lua_settop(L, base + 1);
      return lua_error(L);
    case 2:
      lua_settop(L, base + 1);
      luaL_where(L, 1);
      lua_insert(L, base + 1);
      lua_concat(L, 2);
      return lua_error(L);
    default:
      return luaL_argerror(L, (int)lua_tointeger(L, base + 1), lua_tostring(L, base + 2));
  }
}


/*
** The body of what guard.raising makes. The wrapped function returns a status first: 0, and its results follow; 1, and
** the value to raise; 2, and a message to raise with the place of the call in front; 3, and the number of the bad argument
** and what is wrong with it.
*/
static int call_raising (lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return finish(L, 1);
}


/* Bytes of a call's words that need no memory of their own. */
#define SMALL_WORDS 512
/* A word: its kind, and its length or number. */
#define WORD_HEAD (1 + sizeof(size_t))


/*
** The body of what guard.calling makes. The wrapped function gets all arguments in one string: 's', the length and the
** bytes of a string; 'n' and a number; or 'x' for what is neither.
*/
static int call_words (lua_State *L) {
  char small[SMALL_WORDS];
  char *words = small, *at;
  int count = lua_gettop(L);
  int i;
  size_t total = 0;
  for (i = 1; i <= count; i++) {
    total += WORD_HEAD;
    if (lua_type(L, i) == LUA_TSTRING)
      total += lua_objlen(L, i);
  }
  if (total > SMALL_WORDS)
    words = (char *)lua_newuserdata(L, total);
  at = words;
  for (i = 1; i <= count; i++) {
    switch (lua_type(L, i)) {
      case LUA_TSTRING: {
        size_t len;
        const char *text = lua_tolstring(L, i, &len);
        *at = 's';
        memcpy(at + 1, &len, sizeof(len));
        memcpy(at + WORD_HEAD, text, len);
        at += WORD_HEAD + len;
        break;
      }
      case LUA_TNUMBER: {
        lua_Number number = lua_tonumber(L, i);
        *at = 'n';
        memcpy(at + 1, &number, sizeof(number));
        at += WORD_HEAD;
        break;
      }
      default:
        *at = 'x';
        memset(at + 1, 0, sizeof(size_t));
        at += WORD_HEAD;
        break;
    }
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushlstring(L, words, total);
  count = lua_gettop(L) - 2;
  lua_call(L, 1, LUA_MULTRET);
  return finish(L, count + 1);
}


static int guard_calling (lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_pushcclosure(L, call_words, 1);
  return 1;
}


static int guard_raising (lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_pushcclosure(L, call_raising, 1);
  return 1;
}


static void push_text (lua_State *L, int idx) {
  switch (lua_type(L, idx)) {
    case LUA_TSTRING:
    case LUA_TNUMBER:
      lua_pushvalue(L, idx);
      lua_tostring(L, -1);
      break;
    case LUA_TBOOLEAN:
      lua_pushstring(L, lua_toboolean(L, idx) ? "true" : "false");
      break;
    case LUA_TNIL:
      lua_pushliteral(L, "nil");
      break;
    default:
      if (!luaL_callmeta(L, idx, "__tostring") || !lua_isstring(L, -1))
        lua_pushfstring(L, "%s: %p", luaL_typename(L, idx), lua_topointer(L, idx));
      break;
  }
}


/* Makes of whatever was raised a table that says where: the place of the innermost frame that is not C's. */
static int describe (lua_State *L) {
  lua_Debug ar;
  int found;
  lua_settop(L, 1);
  if (lua_type(L, 1) != LUA_TTABLE) {
    lua_createtable(L, 0, 3);
    lua_pushliteral(L, "ERR ");
    push_text(L, 1);
    lua_concat(L, 2);
    lua_setfield(L, 2, "err");
    lua_replace(L, 1);
  }
  found = lua_getstack(L, 1, &ar) && lua_getinfo(L, "Sl", &ar);
  if (found && *ar.what == 'C')
    found = lua_getstack(L, 2, &ar) && lua_getinfo(L, "Sl", &ar);
  if (found && !lua_isreadonly(L, 1)) {
    lua_pushliteral(L, "source");
    lua_pushstring(L, ar.source);
    lua_rawset(L, 1);
    lua_pushliteral(L, "line");
    lua_pushinteger(L, ar.currentline);
    lua_rawset(L, 1);
  }
  return 1;
}


/* guard.call(function, ...): true and its first result, or false and the table that describes what was raised. */
static int guard_call (lua_State *L) {
  int status;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  status = lua_pcall(L, lua_gettop(L) - 2, 1, 1);
  lua_pushboolean(L, status == 0);
  lua_replace(L, 1);
  return 2;
}


/* A word as the caller holds it, until it is copied. */
struct guard_word {
  const char *bytes;
  size_t len;
};


/*
** Puts in the place of (words, keys, arguments), at 2 to 4, two tables: of the first `keys` of the words, and of as many
** as are `arguments` behind them.
*/
static void take_words (lua_State *L) {
  const struct guard_word *word = (const struct guard_word *)lua_touserdata(L, 2);
  int part;
  for (part = 3; part <= 4; part++) {
    int count = (int)lua_tointeger(L, part);
    int i;
    lua_createtable(L, count, 0);
    for (i = 1; i <= count; i++, word++) {
      lua_pushlstring(L, word->bytes, word->len);
      lua_rawseti(L, -2, i);
    }
    lua_replace(L, part);
  }
  lua_remove(L, 2);
}


/* guard.fcall(function, words, keys, arguments): the same, with the two tables of the words as arguments. */
static int guard_fcall (lua_State *L) {
  lua_settop(L, 4);
  take_words(L);
  return guard_call(L);
}


/* guard.eval(function, words, keys, arguments): the same, with the tables as globals. */
static int guard_eval (lua_State *L) {
  lua_settop(L, 4);
  take_words(L);
  lua_setreadonly(L, LUA_GLOBALSINDEX, 0);
  lua_pushliteral(L, "ARGV");
  lua_insert(L, 3);
  lua_rawset(L, LUA_GLOBALSINDEX);
  lua_pushliteral(L, "KEYS");
  lua_insert(L, 2);
  lua_rawset(L, LUA_GLOBALSINDEX);
  lua_setreadonly(L, LUA_GLOBALSINDEX, 1);
  return guard_call(L);
}


/* The pcall that scripts see: of an error table that holds a reply it gives the reply's text. */
static int guard_pcall (lua_State *L) {
  int status;
  luaL_checkany(L, 1);
  status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
  if (status != 0 && lua_type(L, -1) == LUA_TTABLE) {
    lua_pushliteral(L, "err");
    lua_gettable(L, -2);
    lua_replace(L, -2);
  }
  lua_pushboolean(L, status == 0);
  lua_insert(L, 1);
  return lua_gettop(L);
}


/* What a name that is not there leads to; __index of the globals. */
static int guard_missing (lua_State *L) {
  lua_settop(L, 2);
  push_text(L, 2);
  return luaL_error(L, "Script attempted to access nonexistent global variable " LUA_QS, lua_tostring(L, -1));
}


/* guard.locals(level): names and values of the local variables of the function at that level, nothing if there is none. */
static int guard_locals (lua_State *L) {
  lua_Debug ar;
  const char *name;
  int i;
  int level = luaL_checkint(L, 1);
  lua_settop(L, 0);
  if (!lua_getstack(L, level, &ar))
    return 0;
  lua_newtable(L);
  lua_newtable(L);
  for (i = 1; (name = lua_getlocal(L, &ar, i)) != NULL; i++) {
    lua_rawseti(L, 2, i);
    lua_pushstring(L, name);
    lua_rawseti(L, 1, i);
  }
  return 2;
}


/* guard.attempt(function): whether it ended well, and its first result or what was raised, as it is. */
static int guard_attempt (lua_State *L) {
  int status;
  lua_settop(L, 1);
  status = lua_pcall(L, 0, 1, 0);
  lua_pushboolean(L, status == 0);
  lua_insert(L, 1);
  return 2;
}


static const luaL_Reg guard_funcs[] = {
  {"pcall", guard_pcall},
  {"missing", guard_missing},
  {"freeze", guard_freeze},
  {"thaw", guard_thaw},
  {"raising", guard_raising},
  {"calling", guard_calling},
  {"locals", guard_locals},
  {"attempt", guard_attempt},
  {NULL, NULL}
};


void luaopen_guard (lua_State *L) {
  luaL_register(L, "guard", guard_funcs);
  lua_pushcfunction(L, describe);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "describe");
  lua_pushvalue(L, -1);
  lua_pushcclosure(L, guard_call, 1);
  lua_setfield(L, -3, "call");
  lua_pushvalue(L, -1);
  lua_pushcclosure(L, guard_fcall, 1);
  lua_setfield(L, -3, "fcall");
  lua_pushcclosure(L, guard_eval, 1);
  lua_setfield(L, -2, "eval");
  lua_pop(L, 1);
}
