/* A class of metadata of keys that notes how its functions are called. `METADATA.SET key number` and `METADATA.GET key` say what
 * the API returned and the number; `METADATA.SAID` tells what the class has noted since it was last asked. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int Command(void *ctx, void **argv, int argc);

struct config {
    uint64_t version, flags, reset_value;
    void *copy, *rename, *move, *unlink, *free, *rdb_load, *rdb_save, *aof_rewrite, *defrag, *mem_usage, *free_effort;
};

#define FUNCTIONS(X)                                                                       \
    X(void, SetModuleAttribs, (void *, const char *, int, int))                            \
    X(int, CreateCommand, (void *, const char *, Command *, const char *, int, int, int))  \
    X(int, ReplyWithStringBuffer, (void *, const char *, size_t))                          \
    X(const char *, StringPtrLen, (void *, size_t *))                                      \
    X(void *, OpenKey, (void *, void *, int))                                              \
    X(void, CloseKey, (void *))                                                            \
    X(const void *, GetKeyNameFromOptCtx, (void *))                                        \
    X(const void *, GetToKeyNameFromOptCtx, (void *))                                      \
    X(int, GetDbIdFromOptCtx, (void *))                                                    \
    X(int, GetToDbIdFromOptCtx, (void *))                                                  \
    X(const void *, GetKeyNameFromIO, (void *))                                            \
    X(int, GetDbIdFromIO, (void *))                                                        \
    X(void, SaveUnsigned, (void *, uint64_t))                                              \
    X(uint64_t, LoadUnsigned, (void *))                                                    \
    X(int, CreateKeyMetaClass, (void *, const char *, int, struct config *))               \
    X(int, ReleaseKeyMetaClass, (int))                                                     \
    X(int, SetKeyMeta, (int, void *, uint64_t))                                            \
    X(int, GetKeyMeta, (int, void *, uint64_t *))

#define DECLARE(type, name, args) static type(*name) args;
FUNCTIONS(DECLARE)

#define READ 1
#define WRITE 2
/* What keys without metadata have. */
#define NONE 5
/* Metadata that is not worth saving. */
#define TRIFLE 6

static char noted[4096];

#define NOTE(...) snprintf(noted + strlen(noted), sizeof(noted) - strlen(noted), __VA_ARGS__)

static int class;

static const char *text(const void *string) { return string ? StringPtrLen((void *)string, NULL) : "-"; }

static void place(const char *what, void *context, uint64_t metadata) {
    NOTE("%s %s@%d", what, text(GetKeyNameFromOptCtx(context)), GetDbIdFromOptCtx(context));
    NOTE(">%s@%d %d; ", text(GetToKeyNameFromOptCtx(context)), GetToDbIdFromOptCtx(context), (int)metadata);
}

/* What goes along with a key is told to be greater each time. */
static int copied(void *context, uint64_t *metadata) {
    place("copy", context, *metadata);
    *metadata += 100;
    return 1;
}

static int renamed(void *context, uint64_t *metadata) {
    place("rename", context, *metadata);
    *metadata += 1;
    return 1;
}

/* Odd metadata does not move. */
static int moved(void *context, uint64_t *metadata) {
    place("move", context, *metadata);
    return *metadata % 2 == 0;
}

static void unlinked(void *context, uint64_t *metadata) {
    place("unlink", context, *metadata);
    /* Freed early. */
    if (*metadata == 99) *metadata = NONE;
}

static void freed(const char *key, uint64_t metadata) { NOTE("free %s %d; ", key, (int)metadata); }

static void save(void *io, void *reserved, uint64_t *metadata) {
    NOTE("save %s@%d %d %d; ", text(GetKeyNameFromIO(io)), GetDbIdFromIO(io), (int)*metadata, reserved == NULL);
    if (*metadata != TRIFLE) SaveUnsigned(io, *metadata);
}

static int load(void *io, uint64_t *metadata, int version) {
    /* Redis does not know the key yet. */
    NOTE("load @%d %d %d; ", GetDbIdFromIO(io), (int)*metadata, version);
    *metadata = LoadUnsigned(io);
    return 1;
}

static int reply(void *ctx, const char *said) { return ReplyWithStringBuffer(ctx, said, strlen(said)); }

static int set(void *ctx, void **argv, int argc) {
    char said[64];
    if (argc < 3) return reply(ctx, "a key and a number");
    void *key = OpenKey(ctx, argv[1], argc > 3 ? READ : WRITE);
    snprintf(said, sizeof(said), "%d", SetKeyMeta(class, key, strtoull(StringPtrLen(argv[2], NULL), NULL, 10)));
    CloseKey(key);
    return reply(ctx, said);
}

static int get(void *ctx, void **argv, int argc) {
    char said[64];
    uint64_t metadata = 12345;
    void *key = argc > 1 ? OpenKey(ctx, argv[1], READ) : NULL;
    int code = GetKeyMeta(class, key, &metadata);
    CloseKey(key);
    snprintf(said, sizeof(said), "%d %d", code, (int)metadata);
    return reply(ctx, said);
}

static int said(void *ctx, void **argv, int argc) {
    (void)argv, (void)argc;
    reply(ctx, noted);
    noted[0] = 0;
    return 0;
}

/* What is no class, and no number of one. */
static int refused(void *ctx, struct config *config) {
    struct config other = *config;
    other.version = 2;
    return CreateKeyMetaClass(ctx, "abc", 1, config) < 0 && CreateKeyMetaClass(ctx, "ab!c", 1, config) < 0 &&
           CreateKeyMetaClass(ctx, "abcd", 32, config) < 0 && CreateKeyMetaClass(ctx, "abcd", 1, &other) < 0 &&
           ReleaseKeyMetaClass(0) && ReleaseKeyMetaClass(7) && ReleaseKeyMetaClass(-1) && ReleaseKeyMetaClass(1000);
}

int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
    (void)argv, (void)argc;
    int (*GetApi)(const char *, void *) = ((void **)ctx)[0];
#define FETCH(type, name, args) \
    if (GetApi("RedisModule_" #name, (void *)&name)) return 1;
    FUNCTIONS(FETCH)
    SetModuleAttribs(ctx, "metadata", 1, 1);
    struct config config = {1, 0, NONE};
    config.copy = (void *)copied;
    config.rename = (void *)renamed;
    config.move = (void *)moved;
    config.unlink = (void *)unlinked;
    config.free = (void *)freed;
    config.rdb_save = (void *)save;
    config.rdb_load = (void *)load;
    if (!refused(ctx, &config)) return 1;
    class = CreateKeyMetaClass(ctx, "case", 7, &config);
    /* A class that is released comes back under its number. */
    if (class < 1 || ReleaseKeyMetaClass(class) || CreateKeyMetaClass(ctx, "case", 7, &config) != class) return 1;
    return CreateCommand(ctx, "metadata.set", set, "write", 1, 1, 1) || CreateCommand(ctx, "metadata.get", get, "", 1, 1, 1) ||
           CreateCommand(ctx, "metadata.said", said, "", 0, 0, 0);
}
