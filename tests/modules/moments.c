/* Cases of Module API functions that take more than one command: what happens meanwhile counts. `MOMENTS.DO name [argument]`
 * does something, `MOMENTS.SAID` tells what the module has noted since it was last asked. */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int Command(void *ctx, void **argv, int argc);

#define FUNCTIONS(X)                                                                                          \
    X(void, SetModuleAttribs, (void *, const char *, int, int))                                               \
    X(int, CreateCommand, (void *, const char *, Command *, const char *, int, int, int))                     \
    X(int, ReplyWithStringBuffer, (void *, const char *, size_t))                                             \
    X(int, ReplyWithLongLong, (void *, long long))                                                            \
    X(int, ReplyWithError, (void *, const char *))                                                            \
    X(int, ReplicateVerbatim, (void *))                                                                       \
    X(int, StringToLongLong, (void *, long long *))                                                           \
    X(const char *, StringPtrLen, (void *, size_t *))                                                         \
    X(void *, CreateString, (void *, const char *, size_t))                                                   \
    X(void, FreeString, (void *, void *))                                                                     \
    X(void *, OpenKey, (void *, void *, int))                                                                 \
    X(void, CloseKey, (void *))                                                                               \
    X(void *, CreateDataType, (void *, const char *, int, void *))                                            \
    X(int, ModuleTypeSetValue, (void *, void *, void *))                                                      \
    X(void *, BlockClient, (void *, Command *, Command *, void (*)(void *, void *), long long))               \
    X(int, UnblockClient, (void *, void *))                                                                   \
    X(int, BlockedClientDisconnected, (void *))                                                               \
    X(int, SubscribeToKeyspaceEvents, (void *, int, int (*)(void *, int, const char *, void *)))              \
    X(int, AddPostNotificationJobForKey, (void *, void (*)(void *, void *, void *), void *, void *, void (*)(void *))) \
    X(unsigned long long, GetClientId, (void *))                                                              \
    X(int, DeauthenticateAndCloseClient, (void *, uint64_t))                                                  \
    X(int, Fork, (void (*)(int, int, void *), void *))                                                        \
    X(int, KillForkChild, (int))                                                                              \
    X(void, SendChildHeartbeat, (double))                                                                     \
    X(const void *, GetKeyNameFromDefragCtx, (void *))                                                        \
    X(void, RegisterClusterMessageReceiver, (void *, uint8_t, void (*)(void *, const char *, uint8_t, const unsigned char *, uint32_t))) \
    X(int, SendClusterMessage, (void *, const char *, uint8_t, const char *, uint32_t))                       \
    X(void, SetClusterFlags, (void *, uint64_t))                                                              \
    X(int, ClusterPropagateForSlotMigration, (void *, const char *, const char *, ...))

/* Redis has none of these. */
#define VALKEY(X)                                                                                             \
    X(int, MustObeyClient, (void *))                                                                          \
    X(int, UpdateRuntimeArgs, (void *, void **, int))                                                         \
    X(int, GetClusterNodeInfoForClient, (void *, uint64_t, const char *, char *, char *, int *, int *))       \
    X(void *, DefragValkeyModuleString, (void *, void *))

#define DECLARE(type, name, args) static type(*name) args;
FUNCTIONS(DECLARE)
VALKEY(DECLARE)

#define WRITE 2
#define NOTIFY_STRING 8

static char noted[4096];

#define NOTE(...) snprintf(noted + strlen(noted), sizeof(noted) - strlen(noted), __VA_ARGS__)

static void *blocked, *type;
static int child;

/* Ends the wait of a client; told whether it is still there. */
static void done(void *ctx, void *data) { NOTE("%s %d ", (char *)data, BlockedClientDisconnected(ctx)); }

static int answer(void *ctx, void **argv, int argc) {
    (void)argv, (void)argc;
    return ReplyWithLongLong(ctx, 1);
}

static void job(void *ctx, void *key, void *data) {
    (void)ctx;
    NOTE("job %s %s ", StringPtrLen(key, NULL), (char *)data);
}

static void job_done(void *data) { NOTE("free %s ", (char *)data); }

static int changed(void *ctx, int class, const char *event, void *key) {
    (void)class;
    if (strncmp(StringPtrLen(key, NULL), "job:", 4)) return 0;
    NOTE("%s ", event);
    NOTE("%d ", AddPostNotificationJobForKey(ctx, job, key, "data", job_done));
    return 0;
}

/* A value that is a string of the API. */
static int move(void *ctx, void *key, void **value) {
    (void)key;
    const void *name = GetKeyNameFromDefragCtx(ctx);
    void *moved = DefragValkeyModuleString ? DefragValkeyModuleString(ctx, *value) : NULL;
    if (moved) *value = moved;
    if (!noted[0]) NOTE("%s %s", StringPtrLen((void *)name, NULL), StringPtrLen(*value, NULL));
    return 0;
}

static void *never(void *io, int version) {
    (void)io, (void)version;
    return NULL;
}

static void nothing(void *io, void *value) { (void)io, (void)value; }

static void released(void *value) { FreeString(NULL, value); }

static void keep(void *ctx, void *name) {
    void *key = OpenKey(ctx, name, WRITE);
    ModuleTypeSetValue(key, type, CreateString(NULL, "a string that is moved", 22));
    CloseKey(key);
}

static void ended(int code, int signal, void *data) { (void)code, (void)signal, (void)data; }

static void fork_child(void) {
    child = Fork(ended, NULL);
    if (child) return;
    /* The parent ends it. */
    for (;;) {
        SendChildHeartbeat(0.25);
        usleep(10000);
    }
}

static void received(void *ctx, const char *sender, uint8_t type, const unsigned char *payload, uint32_t len) {
    (void)ctx, (void)sender, (void)type, (void)payload;
    NOTE("received %d ", (int)len);
}

static void cluster(void *ctx, const char *id) {
    RegisterClusterMessageReceiver(ctx, 7, received);
    NOTE("%d ", SendClusterMessage(ctx, NULL, 7, "all", 3));
    NOTE("%d ", SendClusterMessage(ctx, id, 7, "one", 3));
    NOTE("%d ", SendClusterMessage(ctx, "0000000000000000000000000000000000000000", 7, "nobody", 6));
    RegisterClusterMessageReceiver(ctx, 7, NULL);
    errno = 0;
    NOTE("%d ", ClusterPropagateForSlotMigration(ctx, "SET", "cc", "a", "b"));
    NOTE("%d", errno == EBADF);
}

static void node_for_client(void *ctx, const char *id) {
    if (!GetClusterNodeInfoForClient) return;
    char ip[47] = {0};
    int port = 0, flags = 0;
    NOTE("%d ", GetClusterNodeInfoForClient(ctx, GetClientId(ctx), id, ip, NULL, &port, &flags));
    NOTE("%d %d ", port > 0, flags);
    NOTE("%d", GetClusterNodeInfoForClient(ctx, 1 << 30, id, ip, NULL, &port, &flags));
}

static int act(void *ctx, void **argv, int argc) {
    const char *name = argc > 1 ? StringPtrLen(argv[1], NULL) : "", *argument = argc > 2 ? StringPtrLen(argv[2], NULL) : "";
    long long number = 0;
    if (argc > 2) StringToLongLong(argv[2], &number);
    if (!strcmp(name, "block")) {
        blocked = BlockClient(ctx, answer, NULL, done, 0);
        return 0;
    }
    if (!strcmp(name, "unblock")) UnblockClient(blocked, "unblocked");
    else if (!strcmp(name, "id")) return ReplyWithLongLong(ctx, (long long)GetClientId(ctx));
    else if (!strcmp(name, "close")) NOTE("%d", DeauthenticateAndCloseClient(ctx, (uint64_t)number));
    else if (!strcmp(name, "fork")) fork_child();
    else if (!strcmp(name, "unfork")) NOTE("%d", KillForkChild(child));
    else if (!strcmp(name, "keep")) keep(ctx, argv[2]);
    else if (!strcmp(name, "cluster")) cluster(ctx, argument);
    else if (!strcmp(name, "flags")) SetClusterFlags(ctx, (uint64_t)number);
    else if (!strcmp(name, "node")) node_for_client(ctx, argument);
    else if (!strcmp(name, "args")) {
        if (UpdateRuntimeArgs) NOTE("%d", UpdateRuntimeArgs(ctx, argv, argc));
    } else if (!strcmp(name, "obey")) {
        if (MustObeyClient) NOTE("%d ", MustObeyClient(ctx));
        ReplicateVerbatim(ctx);
    } else return ReplyWithError(ctx, "ERR no such moment");
    return ReplyWithLongLong(ctx, 0);
}

static int said(void *ctx, void **argv, int argc) {
    (void)argv, (void)argc;
    int result = ReplyWithStringBuffer(ctx, noted, strlen(noted));
    noted[0] = 0;
    return result;
}

int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
    (void)argv, (void)argc;
    int (*GetApi)(const char *, void *) = ((void **)ctx)[0];
#define FETCH(type, name, args) \
    if (GetApi("RedisModule_" #name, (void *)&name)) return 1;
    FUNCTIONS(FETCH)
#define TRY(type, name, args) \
    if (GetApi("ValkeyModule_" #name, (void *)&name)) name = NULL;
    VALKEY(TRY)
    SetModuleAttribs(ctx, "moments", 1, 1);
    struct {
        uint64_t version;
        void *load, *save, *rewrite, *usage, *digest, *free, *aux_load, *aux_save;
        int triggers;
        void *effort, *unlink, *copy, *defrag;
    } methods = {3, (void *)never, (void *)nothing, NULL, NULL, NULL, (void *)released};
    methods.defrag = (void *)move;
    type = CreateDataType(ctx, "momentstr", 0, &methods);
    if (!type || SubscribeToKeyspaceEvents(ctx, NOTIFY_STRING, changed)) return 1;
    return CreateCommand(ctx, "moments.do", act, "write", 0, 0, 0) || CreateCommand(ctx, "moments.said", said, "", 0, 0, 0);
}
