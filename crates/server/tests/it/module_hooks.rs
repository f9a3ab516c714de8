//! What modules do that hear of what happens to keys.

use testkit::Reply;

use crate::support::{Modules, load, options};
use crate::{eventually, start};

/// When the first key expires, it sets all others anew.
const RESCUER: &str = r#"
#include <stdio.h>
#include <string.h>
static int (*Subscribe)(void *, int, int (*)(void *, int, const char *, void *));
static int (*AddJob)(void *, void (*)(void *, void *), void *, void (*)(void *));
static void *(*Call)(void *, const char *, const char *, ...);
static void (*FreeCallReply)(void *);
static const char *(*StringPtrLen)(void *, size_t *);
static char first[20];
static void rescue(void *ctx, void *data) {
    for (int i = 0; i < 10; i++) {
        char name[20];
        snprintf(name, sizeof(name), "key:%d", i);
        if (strcmp(name, first)) FreeCallReply(Call(ctx, "SET", "cc", name, "rescued"));
    }
}
static int expired(void *ctx, int type, const char *event, void *key) {
    if (!first[0]) {
        snprintf(first, sizeof(first), "%s", StringPtrLen(key, 0));
        AddJob(ctx, rescue, 0, 0);
    }
    return 0;
}
int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
    if (init(ctx, "rescuer", 1)) return 1;
    GetApi("RedisModule_SubscribeToKeyspaceEvents", (void *)&Subscribe);
    GetApi("RedisModule_AddPostNotificationJob", (void *)&AddJob);
    GetApi("RedisModule_Call", (void *)&Call);
    GetApi("RedisModule_FreeCallReply", (void *)&FreeCallReply);
    GetApi("RedisModule_StringPtrLen", (void *)&StringPtrLen);
    return Subscribe(ctx, 1 << 8, expired);
}
"#;

#[test]
fn keys_that_are_set_anew_meanwhile_do_not_expire() {
    let (server, modules) =
        (start(&options().option("enable-debug-command", &["yes"])), Modules::new());
    let mut client = server.client().expect("a connection");
    let path = modules.compile("rescuer", RESCUER);
    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    client.line("DEBUG SET-ACTIVE-EXPIRE 0").expect("a reply");
    for number in 0..10 {
        client.line(&format!("SET key:{number} x PX 1")).expect("a reply");
    }
    std::thread::sleep(std::time::Duration::from_millis(20));
    client.line("DEBUG SET-ACTIVE-EXPIRE 1").expect("a reply");
    eventually("one has expired", || client.info("stats", "expired_keys").as_deref() != Ok("0"));
    let rescued = client.line("MGET key:0 key:1 key:2 key:3 key:4 key:5 key:6 key:7 key:8 key:9");
    let rescued = testkit::render(&rescued.expect("a reply")).join(" ");
    assert_eq!(rescued.matches("rescued").count(), 9, "{rescued}");
}
