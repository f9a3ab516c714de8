/* Cases of Module API functions that no module of Redis's suite calls. `CASES.RUN name` replies with a text that says what
 * they did; `CASES.REPLY name` with a reply of its own. The expected texts are in the test; a genuine server gives them. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int Command(void *ctx, void **argv, int argc);

#define FUNCTIONS(X)                                                                           \
    X(void, SetModuleAttribs, (void *, const char *, int, int))                                \
    X(int, IsModuleNameBusy, (const char *))                                                   \
    X(int, CreateCommand, (void *, const char *, Command *, const char *, int, int, int))      \
    X(int, ReplyWithStringBuffer, (void *, const char *, size_t))                              \
    X(int, ReplyWithError, (void *, const char *))                                             \
    X(int, ReplyWithLongLong, (void *, long long))                                             \
    X(int, ReplyWithNullArray, (void *))                                                       \
    X(int, ReplyWithEmptyString, (void *))                                                     \
    X(int, ReplyWithMap, (void *, long))                                                       \
    X(int, ReplyWithSet, (void *, long))                                                       \
    X(void, ReplySetMapLength, (void *, long))                                                 \
    X(void, ReplySetSetLength, (void *, long))                                                 \
    X(int, ReplyWithVerbatimStringType, (void *, const char *, size_t, const char *))          \
    X(const char *, StringPtrLen, (void *, size_t *))                                          \
    X(void *, CreateString, (void *, const char *, size_t))                                    \
    X(void *, CreateStringFromDouble, (void *, double))                                        \
    X(void, FreeString, (void *, void *))                                                      \
    X(void *, Alloc, (size_t))                                                                 \
    X(void, Free, (void *))                                                                    \
    X(char *, Strdup, (const char *))                                                          \
    X(void *, PoolAlloc, (void *, size_t))                                                     \
    X(size_t, MallocUsableSize, (void *))                                                      \
    X(void *, OpenKey, (void *, void *, int))                                                  \
    X(void, CloseKey, (void *))                                                                \
    X(int, DeleteKey, (void *))                                                                \
    X(int, StringSet, (void *, void *))                                                        \
    X(int, GetDbIdFromModuleKey, (void *))                                                     \
    X(long long, GetExpire, (void *))                                                          \
    X(int, SetExpire, (void *, long long))                                                     \
    X(long long, GetAbsExpire, (void *))                                                       \
    X(int, SetAbsExpire, (void *, long long))                                                  \
    X(int, ZsetAdd, (void *, double, void *, int *))                                           \
    X(int, ZsetScore, (void *, void *, double *))                                              \
    X(void, ZsetRangeStop, (void *))                                                           \
    X(int, ZsetFirstInScoreRange, (void *, double, double, int, int))                          \
    X(int, ZsetLastInScoreRange, (void *, double, double, int, int))                           \
    X(int, ZsetFirstInLexRange, (void *, void *, void *))                                      \
    X(int, ZsetLastInLexRange, (void *, void *, void *))                                       \
    X(void *, ZsetRangeCurrentElement, (void *, double *))                                     \
    X(int, ZsetRangeNext, (void *))                                                            \
    X(int, ZsetRangePrev, (void *))                                                            \
    X(int, ZsetRangeEndReached, (void *))                                                      \
    X(void *, CreateDict, (void *))                                                            \
    X(void, FreeDict, (void *, void *))                                                        \
    X(int, DictSetC, (void *, void *, size_t, void *))                                         \
    X(int, DictReplace, (void *, void *, void *))                                              \
    X(int, DictDelC, (void *, void *, size_t, void *))                                         \
    X(size_t, MallocSizeDict, (void *))                                                        \
    X(void *, DictIteratorStartC, (void *, const char *, void *, size_t))                      \
    X(void, DictIteratorStop, (void *))                                                        \
    X(int, DictIteratorReseekC, (void *, const char *, void *, size_t))                        \
    X(int, DictIteratorReseek, (void *, const char *, void *))                                 \
    X(void *, DictNextC, (void *, size_t *, void **))                                          \
    X(void *, DictPrevC, (void *, size_t *, void **))                                          \
    X(void *, DictPrev, (void *, void *, void **))                                             \
    X(int, DictCompareC, (void *, const char *, void *, size_t))                               \
    X(int, DictCompare, (void *, const char *, void *))                                        \
    X(void *, CreateDataType, (void *, const char *, int, void *))                             \
    X(void, SaveDouble, (void *, double))                                                      \
    X(double, LoadDouble, (void *))                                                            \
    X(void, SaveFloat, (void *, float))                                                        \
    X(float, LoadFloat, (void *))                                                              \
    X(void, SaveLongDouble, (void *, long double))                                             \
    X(long double, LoadLongDouble, (void *))                                                   \
    X(void *, SaveDataTypeToString, (void *, void *, void *))                                  \
    X(void *, LoadDataTypeFromString, (void *, void *))                                        \
    X(void *, LoadDataTypeFromStringEncver, (void *, void *, int))                             \
    X(int, ModuleTypeSetValue, (void *, void *, void *))                                       \
    X(int, ModuleTypeReplaceValue, (void *, void *, void *, void **))                          \
    X(void, DigestAddLongLong, (void *, long long))                                            \
    X(void, DigestEndSequence, (void *))                                                       \
    X(void *, Call, (void *, const char *, const char *, ...))                                 \
    X(const char *, CallReplyProto, (void *, size_t *))                                        \
    X(void, FreeCallReply, (void *))                                                           \
    X(int, IsIOError, (void *))                                                                \
    X(void *, GetContextFromIO, (void *))                                                      \
    X(void, LogIOError, (void *, const char *, const char *, ...))                             \
    X(const char *, GetInternalSecret, (void *, size_t *))                                     \
    X(int, ReplyWithAttribute, (void *, long))                                                 \
    X(void, ReplySetAttributeLength, (void *, long))                                           \
    X(int, ClusterDisableTrim, (void *))                                                       \
    X(int, ClusterEnableTrim, (void *))                                                        \
    X(void *, GetClusterNodeSlotRanges, (void *, const char *))                                \
    X(int, RegisterDefragFunc, (void *, void (*)(void *)))                                     \
    X(int, RegisterInfoFunc, (void *, void (*)(void *, int)))                                  \
    X(int, InfoAddSection, (void *, const char *))                                             \
    X(int, InfoAddFieldString, (void *, const char *, void *))                                 \
    X(int, GetNotifyKeyspaceEvents, (void))                                                    \
    X(float, GetUsedMemoryRatio, (void))                                                       \
    X(int *, GetCommandKeys, (void *, void **, int, int *))                                    \
    X(void, GetRandomBytes, (unsigned char *, size_t))                                         \
    X(void, GetRandomHexChars, (char *, size_t))                                               \
    X(long long, Milliseconds, (void))                                                         \
    X(int, AvoidReplicaTraffic, (void))                                                        \
    X(unsigned long long, GetClientId, (void *))                                               \
    X(void *, GetClientUserNameById, (void *, uint64_t))                                       \
    X(void, LatencyAddSample, (const char *, long long))                                       \
    X(const char *, GetMyClusterID, (void))                                                    \
    X(size_t, GetClusterSize, (void))                                                          \
    X(char **, GetClusterNodesList, (void *, size_t *))                                        \
    X(void, FreeClusterNodesList, (char **))                                                   \
    X(int, GetClusterNodeInfo, (void *, const char *, char *, char *, int *, int *))           \
    X(int, ClusterCanAccessKeysInSlot, (int))                                                  \
    X(int32_t *, ClusterGetLocalSlotRanges, (void *))                                          \
    X(void, ClusterFreeSlotRanges, (void *, void *))                                           \
    X(int, ExportSharedAPI, (void *, const char *, void *))                                    \
    X(void *, GetSharedAPI, (void *, const char *))                                            \
    X(void *, ScanCursorCreate, (void))                                                        \
    X(void, ScanCursorRestart, (void *))                                                       \
    X(void, ScanCursorDestroy, (void *))                                                       \
    X(int, Scan, (void *, void *, void (*)(void *, void *, void *, void *), void *))

#define DECLARE(type, name, args) static type(*name) args;
FUNCTIONS(DECLARE)

#define READ_WRITE 3

static char out[4096];

#define SAY(...) snprintf(out + strlen(out), sizeof(out) - strlen(out), __VA_ARGS__)

static void *string(void *ctx, const char *text) { return CreateString(ctx, text, strlen(text)); }

static void *opened(void *ctx, const char *name) {
    void *text = string(ctx, name);
    void *key = OpenKey(ctx, text, READ_WRITE);
    FreeString(ctx, text);
    return key;
}

static void memory(void *ctx) {
    char *copy = Strdup("twice");
    SAY("%s ", copy);
    Free(copy);
    void *pool = PoolAlloc(ctx, 100), *block = Alloc(100);
    SAY("%d %d", pool != NULL, MallocUsableSize(block) >= 100);
    Free(block);
}

static void strings(void *ctx) {
    double numbers[] = {1.5, -0.25, 3, 1e300};
    for (int i = 0; i < 4; i++) {
        void *text = CreateStringFromDouble(ctx, numbers[i]);
        SAY("%s ", StringPtrLen(text, NULL));
        FreeString(ctx, text);
    }
}

static void expiry(void *ctx) {
    void *key = opened(ctx, "case:expiry"), *value = string(ctx, "x");
    SAY("%d ", SetExpire(key, 1000));
    StringSet(key, value);
    FreeString(ctx, value);
    SAY("%lld %lld ", GetExpire(key), GetAbsExpire(key));
    SAY("%d ", SetExpire(key, 100000));
    SAY("%d ", GetExpire(key) > 99000 && GetExpire(key) <= 100000);
    SAY("%d ", SetAbsExpire(key, 4102444800000));
    SAY("%lld ", GetAbsExpire(key));
    SAY("%d ", SetExpire(key, -5));
    SAY("%d ", SetAbsExpire(key, -5));
    SAY("%d ", SetExpire(key, -1));
    SAY("%lld %d", GetExpire(key), GetDbIdFromModuleKey(key));
    DeleteKey(key);
    CloseKey(key);
}

static void element(void *ctx, void *key) {
    double score;
    void *text = ZsetRangeCurrentElement(key, &score);
    if (!text) return;
    SAY("%s=%g ", StringPtrLen(text, NULL), score);
    FreeString(ctx, text);
}

static void ranges(void *ctx) {
    const char *names[] = {"a", "b", "c", "d"};
    void *key = opened(ctx, "case:zset");
    for (int i = 0; i < 4; i++) {
        void *name = string(ctx, names[i]);
        ZsetAdd(key, i + 1, name, NULL);
        FreeString(ctx, name);
    }
    double score = 0;
    void *name = string(ctx, "c"), *other = string(ctx, "z");
    SAY("%d ", ZsetScore(key, name, &score));
    SAY("%g ", score);
    SAY("%d | ", ZsetScore(key, other, &score));
    FreeString(ctx, name);
    FreeString(ctx, other);
    ZsetFirstInScoreRange(key, 1, 3, 1, 0);
    for (; !ZsetRangeEndReached(key); ZsetRangeNext(key)) element(ctx, key);
    ZsetRangeStop(key);
    SAY("| ");
    ZsetLastInScoreRange(key, 1, 4, 0, 1);
    for (; !ZsetRangeEndReached(key); ZsetRangePrev(key)) element(ctx, key);
    ZsetRangeStop(key);
    void *min = string(ctx, "(a"), *max = string(ctx, "[c"), *bad = string(ctx, "a");
    SAY("| %d ", ZsetFirstInLexRange(key, bad, max));
    ZsetFirstInLexRange(key, min, max);
    for (; !ZsetRangeEndReached(key); ZsetRangeNext(key)) element(ctx, key);
    ZsetRangeStop(key);
    SAY("| ");
    ZsetLastInLexRange(key, min, max);
    for (; !ZsetRangeEndReached(key); ZsetRangePrev(key)) element(ctx, key);
    SAY("%d", ZsetRangePrev(key));
    ZsetRangeStop(key);
    FreeString(ctx, min);
    FreeString(ctx, max);
    FreeString(ctx, bad);
    DeleteKey(key);
    CloseKey(key);
}

static void dictionary(void *ctx) {
    void *dict = CreateDict(NULL), *data;
    size_t len;
    char *key;
    for (char letter = 'a'; letter <= 'e'; letter++) DictSetC(dict, &letter, 1, (void *)(long)letter);
    void *name = string(ctx, "c");
    SAY("%d ", DictReplace(dict, name, (void *)'C'));
    SAY("%d ", DictDelC(dict, "d", 1, &data));
    SAY("%d ", DictDelC(dict, "x", 1, &data));
    SAY("%d | ", MallocSizeDict(dict) > 0);
    void *iterator = DictIteratorStartC(dict, "$", NULL, 0);
    while ((key = DictPrevC(iterator, &len, &data))) SAY("%.*s%c ", (int)len, key, (int)(long)data);
    SAY("| %d ", DictIteratorReseekC(iterator, ">", "b", 1));
    while ((key = DictNextC(iterator, &len, &data))) SAY("%.*s ", (int)len, key);
    SAY("| %d ", DictIteratorReseek(iterator, "<=", name));
    void *text = DictPrev(ctx, iterator, &data);
    SAY("%s ", text ? StringPtrLen(text, NULL) : "none");
    if (text) FreeString(ctx, text);
    SAY("%d %d ", DictCompareC(iterator, "==", "c", 1), DictCompareC(iterator, ">", "c", 1));
    SAY("%d", DictCompare(iterator, ">=", name));
    DictIteratorStop(iterator);
    FreeString(ctx, name);
    FreeDict(NULL, dict);
}

struct numbers {
    double d;
    float f;
    long double l;
};

static void *type;

static void *numbers_load(void *io, int encver) {
    struct numbers *value = Alloc(sizeof(*value));
    value->d = LoadDouble(io) + encver;
    value->f = LoadFloat(io);
    value->l = LoadLongDouble(io);
    if (IsIOError(io) || !GetContextFromIO(io)) value->d = 0;
    LogIOError(io, "notice", "read %g", value->d);
    return value;
}

static void numbers_save(void *io, void *value) {
    struct numbers *numbers = value;
    SaveDouble(io, numbers->d);
    SaveFloat(io, numbers->f);
    SaveLongDouble(io, numbers->l);
}

static void numbers_digest(void *digest, void *value) {
    DigestAddLongLong(digest, (long long)((struct numbers *)value)->d);
    DigestEndSequence(digest);
}

static void numbers_free(void *value) { Free(value); }

static struct numbers *made(double d) {
    struct numbers *value = Alloc(sizeof(*value));
    *value = (struct numbers){d, 0.5f, 1.25L};
    return value;
}

static void values(void *ctx) {
    struct numbers *value = made(7.125);
    void *text = SaveDataTypeToString(ctx, value, type);
    struct numbers *copy = LoadDataTypeFromString(text, type);
    SAY("%g %g %Lg ", copy->d, copy->f, copy->l);
    numbers_free(copy);
    copy = LoadDataTypeFromStringEncver(text, type, 3);
    SAY("%g | ", copy->d);
    FreeString(ctx, text);
    void *key = opened(ctx, "case:value"), *old = NULL;
    SAY("%d ", ModuleTypeReplaceValue(key, type, copy, &old));
    ModuleTypeSetValue(key, type, value);
    SAY("%d ", ModuleTypeReplaceValue(key, type, copy, &old));
    SAY("%d ", old == value);
    numbers_free(old);
    CloseKey(key);
    void *reply = Call(ctx, "DEBUG", "cc", "DIGEST-VALUE", "case:value");
    size_t len;
    const char *proto = CallReplyProto(reply, &len);
    SAY("%.*s", (int)len, proto);
    FreeCallReply(reply);
    key = opened(ctx, "case:value");
    DeleteKey(key);
    CloseKey(key);
}

static void calls(void *ctx) {
    size_t len;
    void *reply = Call(ctx, "ECHO", "c", "hi");
    const char *proto = CallReplyProto(reply, &len);
    SAY("%.*s", (int)len, proto);
    FreeCallReply(reply);
    void *words[] = {string(ctx, "MSET"), string(ctx, "a"), string(ctx, "1"), string(ctx, "b"), string(ctx, "2")};
    int count = 0, *keys = GetCommandKeys(ctx, words, 5, &count);
    for (int i = 0; i < count; i++) SAY("%d ", keys[i]);
    Free(keys);
    for (int i = 0; i < 5; i++) FreeString(ctx, words[i]);
}

static void server(void *ctx) {
    unsigned char bytes[64] = {0};
    char hex[33] = {0};
    int set = 0;
    GetRandomBytes(bytes, sizeof(bytes));
    for (int i = 0; i < 64; i++) set |= bytes[i];
    GetRandomHexChars(hex, 32);
    SAY("%d %d ", set != 0, (int)strspn(hex, "0123456789abcdef"));
    SAY("%d %g %d ", GetNotifyKeyspaceEvents(), GetUsedMemoryRatio(), Milliseconds() > 1600000000000);
    void *user = GetClientUserNameById(ctx, GetClientId(ctx)), *nobody = GetClientUserNameById(ctx, 1 << 30);
    SAY("%d %s %d", AvoidReplicaTraffic(), StringPtrLen(user, NULL), nobody == NULL);
    FreeString(ctx, user);
    LatencyAddSample("case", 5);
}

static void cluster(void *ctx) {
    size_t count = 9;
    char **list = GetClusterNodesList(ctx, &count);
    SAY("%d %d %d ", GetMyClusterID() == NULL, (int)GetClusterSize(), list == NULL);
    SAY("%d ", ClusterCanAccessKeysInSlot(5));
    int32_t *ranges = ClusterGetLocalSlotRanges(ctx);
    uint16_t *pair = (uint16_t *)(ranges + 1);
    SAY("%d %d-%d", ranges[0], pair[0], pair[1]);
    ClusterFreeSlotRanges(ctx, ranges);
    size_t len = 7;
    SAY(" %d ", GetInternalSecret(ctx, &len) == NULL);
    SAY("%d ", (int)len);
    SAY("%d ", ClusterDisableTrim(ctx));
    SAY("%d ", ClusterEnableTrim(ctx));
    ranges = GetClusterNodeSlotRanges(ctx, "0000000000000000000000000000000000000000");
    SAY("%d", ranges[0]);
    ClusterFreeSlotRanges(ctx, ranges);
}

/* In a cluster of one. Names have 40 letters, and no zero behind them. */
static void node(void *ctx) {
    size_t count = 0;
    char **list = GetClusterNodesList(ctx, &count), id[41] = {0}, ip[47], primary[41];
    int port = 0, flags = 0;
    memset(ip, 'x', sizeof(ip));
    memset(primary, 'x', sizeof(primary));
    memcpy(id, list[0], 40);
    SAY("%d %d %d ", (int)count, list[1] == NULL, !memcmp(id, GetMyClusterID(), 40));
    FreeClusterNodesList(list);
    SAY("%d ", GetClusterNodeInfo(ctx, id, ip, primary, &port, &flags));
    SAY("%d %d %c ", primary[0], primary[39], primary[40]);
    SAY("%d %c %d %d ", ip[0], ip[46], port > 0, flags);
    SAY("%d", GetClusterNodeInfo(ctx, "0000000000000000000000000000000000000000", ip, NULL, NULL, NULL));
}

static void shared(void *ctx) {
    SAY("%d ", GetSharedAPI(ctx, "cases_nothing") == NULL);
    SAY("%d ", ExportSharedAPI(ctx, "cases_shared", (void *)made));
    SAY("%d", GetSharedAPI(ctx, "cases_shared") == (void *)made);
}

static void count_key(void *ctx, void *name, void *key, void *data) {
    (void)ctx, (void)name, (void)key;
    ++*(int *)data;
}

static void scan(void *ctx) {
    for (int i = 0; i < 3; i++) {
        char name[] = "case:scan0";
        name[9] += i;
        void *key = opened(ctx, name), *value = string(ctx, "x");
        StringSet(key, value);
        CloseKey(key);
        FreeString(ctx, value);
    }
    int first = 0, second = 0;
    void *cursor = ScanCursorCreate();
    while (Scan(ctx, cursor, count_key, &first)) {}
    int again = Scan(ctx, cursor, count_key, &second);
    SAY("%d %d ", first, again);
    ScanCursorRestart(cursor);
    while (Scan(ctx, cursor, count_key, &second)) {}
    SAY("%d", second);
    ScanCursorDestroy(cursor);
    for (int i = 0; i < 3; i++) {
        char name[] = "case:scan0";
        name[9] += i;
        void *key = opened(ctx, name);
        DeleteKey(key);
        CloseKey(key);
    }
}

static void information(void *info, int for_crash) {
    (void)for_crash;
    void *text = CreateString(NULL, "a text", 6);
    InfoAddSection(info, "texts");
    InfoAddFieldString(info, "text", text);
    FreeString(NULL, text);
}

static void defragmentation(void *context) { (void)context; }

static const struct {
    const char *name;
    void (*run)(void *ctx);
} cases[] = {{"memory", memory}, {"strings", strings}, {"expiry", expiry}, {"ranges", ranges}, {"dictionary", dictionary},
             {"values", values}, {"calls", calls},     {"server", server}, {"cluster", cluster}, {"shared", shared},
             {"scan", scan},     {"node", node}};

static int run(void *ctx, void **argv, int argc) {
    const char *name = argc == 2 ? StringPtrLen(argv[1], NULL) : "";
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (strcmp(name, cases[i].name)) continue;
        out[0] = 0;
        cases[i].run(ctx);
        return ReplyWithStringBuffer(ctx, out, strlen(out));
    }
    return ReplyWithError(ctx, "ERR no such case");
}

static int reply(void *ctx, void **argv, int argc) {
    const char *name = argc == 2 ? StringPtrLen(argv[1], NULL) : "";
    if (!strcmp(name, "null-array")) return ReplyWithNullArray(ctx);
    if (!strcmp(name, "empty")) return ReplyWithEmptyString(ctx);
    if (!strcmp(name, "verbatim")) return ReplyWithVerbatimStringType(ctx, "*x*", 3, "mkd");
    if (!strcmp(name, "map")) {
        ReplyWithMap(ctx, -1);
        ReplyWithLongLong(ctx, 1);
        ReplyWithLongLong(ctx, 2);
        ReplySetMapLength(ctx, 1);
        return 0;
    }
    if (!strcmp(name, "set")) {
        ReplyWithSet(ctx, -1);
        ReplyWithLongLong(ctx, 3);
        ReplySetSetLength(ctx, 1);
        return 0;
    }
    if (!strcmp(name, "attribute")) {
        if (ReplyWithAttribute(ctx, -1)) return ReplyWithLongLong(ctx, 0);
        ReplyWithLongLong(ctx, 4);
        ReplyWithLongLong(ctx, 5);
        ReplySetAttributeLength(ctx, 1);
        return ReplyWithLongLong(ctx, 6);
    }
    return ReplyWithError(ctx, "ERR no such case");
}

int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
    (void)argv, (void)argc;
    int (*GetApi)(const char *, void *) = ((void **)ctx)[0];
#define FETCH(type, name, args) \
    if (GetApi("RedisModule_" #name, (void *)&name)) return 1;
    FUNCTIONS(FETCH)
    if (IsModuleNameBusy("cases")) return 1;
    SetModuleAttribs(ctx, "cases", 1, 1);
    struct {
        uint64_t version;
        void *load, *save, *rewrite, *usage, *digest, *free;
    } methods = {1, (void *)numbers_load, (void *)numbers_save, NULL, NULL, (void *)numbers_digest, (void *)numbers_free};
    type = CreateDataType(ctx, "casenumbr", 0, &methods);
    if (!type || RegisterInfoFunc(ctx, information) || RegisterDefragFunc(ctx, defragmentation)) return 1;
    return CreateCommand(ctx, "cases.run", run, "write", 0, 0, 0) || CreateCommand(ctx, "cases.reply", reply, "", 0, 0, 0);
}
