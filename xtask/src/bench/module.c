/* The module of `cargo xtask bench`: what a module's commands cost beside what they do. */

#include <stddef.h>

typedef int Command(void *ctx, void **argv, int argc);
typedef struct {
    unsigned long long version;
    void *(*rdb_load)(void *io, int encver);
    void (*rdb_save)(void *io, void *value);
    void *aof_rewrite, *mem_usage, *digest;
    void (*free)(void *value);
} Methods;

#define FUNCTIONS(X)                                                                           \
    X(void, SetModuleAttribs, (void *, const char *, int, int))                                \
    X(int, CreateCommand, (void *, const char *, Command *, const char *, int, int, int))      \
    X(void *, CreateDataType, (void *, const char *, int, Methods *))                          \
    X(int, ReplyWithLongLong, (void *, long long))                                             \
    X(int, ReplyWithNull, (void *))                                                            \
    X(int, ReplyWithError, (void *, const char *))                                             \
    X(int, ReplyWithCallReply, (void *, void *))                                               \
    X(void *, OpenKey, (void *, void *, int))                                                  \
    X(void, CloseKey, (void *))                                                                \
    X(char *, StringDMA, (void *, size_t *, int))                                              \
    X(int, StringSet, (void *, void *))                                                        \
    X(int, StringToLongLong, (void *, long long *))                                            \
    X(int, ModuleTypeSetValue, (void *, void *, void *))                                       \
    X(void *, Call, (void *, const char *, const char *, ...))                                 \
    X(void, FreeCallReply, (void *))                                                           \
    X(void *, Alloc, (size_t))                                                                 \
    X(void, Free, (void *))                                                                    \
    X(void, SaveUnsigned, (void *, unsigned long long))                                        \
    X(unsigned long long, LoadUnsigned, (void *))

#define DECLARE(result, name, arguments) static result(*name) arguments;
FUNCTIONS(DECLARE)

enum { READ = 1, WRITE = 2 };

typedef struct {
    long long number;
    char rest[24];
} Value;

static void *type;

static void *load(void *io, int encver) {
    (void)encver;
    Value *value = Alloc(sizeof(*value));
    value->number = (long long)LoadUnsigned(io);
    return value;
}
static void save(void *io, void *value) { SaveUnsigned(io, (unsigned long long)((Value *)value)->number); }
static void release(void *value) { Free(value); }

/* BENCH.INTEGER: a number. */
static int integer(void *ctx, void **argv, int argc) {
    (void)argv;
    return ReplyWithLongLong(ctx, argc);
}

/* BENCH.STRING key value: how long the string was, which is the value then. */
static int string(void *ctx, void **argv, int argc) {
    if (argc != 3) return ReplyWithError(ctx, "ERR key and value");
    size_t len = 0;
    void *key = OpenKey(ctx, argv[1], READ | WRITE);
    StringDMA(key, &len, READ);
    StringSet(key, argv[2]);
    CloseKey(key);
    return ReplyWithLongLong(ctx, (long long)len);
}

/* BENCH.VALUE key number: a value of the module's own type. */
static int value(void *ctx, void **argv, int argc) {
    long long number;
    if (argc != 3 || StringToLongLong(argv[2], &number)) return ReplyWithError(ctx, "ERR key and number");
    Value *made = Alloc(sizeof(*made));
    made->number = number;
    void *key = OpenKey(ctx, argv[1], READ | WRITE);
    ModuleTypeSetValue(key, type, made);
    CloseKey(key);
    return ReplyWithLongLong(ctx, number);
}

/* BENCH.CALL key: what GET replies. */
static int call(void *ctx, void **argv, int argc) {
    if (argc != 2) return ReplyWithError(ctx, "ERR key");
    void *reply = Call(ctx, "GET", "s", argv[1]);
    if (!reply) return ReplyWithNull(ctx);
    ReplyWithCallReply(ctx, reply);
    FreeCallReply(reply);
    return 0;
}

int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
    (void)argv, (void)argc;
    int (*GetApi)(const char *, void *) = ((int (**)(const char *, void *))ctx)[0];
#define FETCH(result, name, arguments) GetApi("RedisModule_" #name, (void *)&name);
    FUNCTIONS(FETCH)
    SetModuleAttribs(ctx, "bench", 1, 1);
    Methods methods = {1, load, save, 0, 0, 0, release};
    type = CreateDataType(ctx, "bench-one", 0, &methods);
    return !type || CreateCommand(ctx, "bench.integer", integer, "readonly fast", 0, 0, 0) ||
           CreateCommand(ctx, "bench.string", string, "write deny-oom", 1, 1, 1) ||
           CreateCommand(ctx, "bench.value", value, "write deny-oom", 1, 1, 1) ||
           CreateCommand(ctx, "bench.call", call, "readonly", 1, 1, 1);
}
