//! What MODULE CHECK and `--check-module` tell of a module that is not loaded.

use testkit::{Client, Reply};

use crate::support::{Modules, load, options, prepared};
use crate::{run, start, text};

const RICH: &str = r#"
static int (*RegisterBoolConfig)(void *, const char *, int, unsigned, void *, void *, void *, void *);
static int (*LoadConfigs)(void *);
static void *(*CreateDataType)(void *, const char *, int, void *);
static void (*SetModuleOptions)(void *, int);
typedef struct { unsigned long long version; void *rdb_load, *rdb_save, *aof_rewrite, *mem_usage, *digest, *free; } Methods;
static void nothing(void) {}
static int answer(void *c, void **v, int n) { return ReplyWithLongLong(c, 42); }
static int get(const char *name, void *data) { return 1; }
static int set(const char *name, int value, void *data, void **error) { return 0; }
int RedisModule_OnLoad(void *c, void **v, int n) {
    if (init(c, "rich", 1)) return 1;
    GetApi("RedisModule_RegisterBoolConfig", (void *)&RegisterBoolConfig);
    GetApi("RedisModule_LoadConfigs", (void *)&LoadConfigs);
    GetApi("RedisModule_CreateDataType", (void *)&CreateDataType);
    GetApi("RedisModule_SetModuleOptions", (void *)&SetModuleOptions);
    SetModuleOptions(c, 1);
    Methods methods = { 1, nothing, nothing, 0, 0, 0, nothing };
    if (!CreateDataType(c, "rich-type", 7, &methods)) return 1;
    if (RegisterBoolConfig(c, "shiny", 1, 0, get, set, 0, 0) || LoadConfigs(c)) return 1;
    return CreateCommand(c, "rich.answer", answer, "readonly fast", 1, 1, 1);
}
"#;

/// What a report has under a name.
fn of<'a>(report: &'a Reply, name: &str) -> &'a Reply {
    let Reply::Map(pairs) = report else { panic!("{report:?}") };
    let pair = pairs.iter().find(|(known, _)| known.text().as_deref() == Some(name));
    &pair.unwrap_or_else(|| panic!("no {name} in {report:?}")).1
}

fn text_of(report: &Reply, name: &str) -> String {
    of(report, name).text().unwrap_or_default()
}

fn check(client: &mut Client, path: &str) -> Reply {
    client.command(&["MODULE", "CHECK", path]).expect("a reply")
}

#[test]
fn all_is_told_of_a_module_that_is_not_loaded() {
    let modules = Modules::new();
    let path = modules.compile("rich", RICH);
    let path_text = path.to_str().expect("a path of text").to_owned();
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    client.line("HELLO 3").expect("a reply");
    let report = check(&mut client, &path_text);
    assert_eq!(text_of(&report, "verdict"), "good", "{report:?}");
    assert_eq!(of(&report, "reason"), &Reply::Null);
    assert_eq!(text_of(&report, "name"), "rich");
    assert_eq!(of(&report, "version"), &Reply::Integer(1));
    assert_eq!(text_of(&report, "sha256").len(), 64);
    for (name, part) in [
        ("machine", "x86-64"),
        ("entry-points", "RedisModule_OnLoad"),
        ("options", "handle-io-errors"),
        ("commands", "rich.answer"),
        ("commands", "readonly"),
        ("data-types", "rich-type"),
        ("configs", "rich.shiny"),
    ] {
        let found = testkit::render(of(&report, name)).join(" ");
        assert!(found.contains(part), "{name}: {found}");
    }
    assert!(matches!(of(&report, "load-usec"), Reply::Integer(1..)), "{report:?}");
    assert_eq!(client.line("MODULE LIST"), Ok(Reply::Array(Vec::new())));

    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    let report = check(&mut client, &path_text);
    assert_eq!(text_of(&report, "verdict"), "refused");
    let clashes = testkit::render(of(&report, "clashes")).join(" ");
    for part in [
        "module named 'rich'",
        "command 'rich.answer'",
        "type 'rich-type'",
        "parameter 'rich.shiny'",
    ] {
        assert!(clashes.contains(part), "{clashes}");
    }
}

#[test]
fn a_broken_module_is_told_with_its_reason() {
    let modules = Modules::new();
    let code =
        "int RedisModule_OnLoad(void *c, void **v, int n) { *(volatile int *)8 = 1; return 0; }";
    let path = modules.compile("broken", code);
    let path = path.to_str().expect("a path of text");
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    client.line("HELLO 3").expect("a reply");
    let report = check(&mut client, path);
    assert_eq!(text_of(&report, "verdict"), "refused");
    assert!(text_of(&report, "reason").contains("SIGSEGV"), "{report:?}");
    let report = check(&mut client, "/nowhere.so");
    assert!(text_of(&report, "reason").contains("No such file"), "{report:?}");

    let output = run(&["--check-module", path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("verdict: refused\nreason: it crashed with signal 11"));
}

#[test]
fn people_are_told_as_well() {
    let Some(module) = prepared("BULKHEAD_REDIS_CELL") else { return };
    let output = run(&["--check-module", module.to_str().expect("a path of text")]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for part in
        ["verdict: good\n", "name: redis-cell\n", "- name: cl.throttle\n", "api-functions: "]
    {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn only_the_file_that_was_meant_is_loaded() {
    let modules = Modules::new();
    let rich = modules.compile("rich", RICH);
    let path = rich.to_str().expect("a path of text");
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    client.line("HELLO 3").expect("a reply");
    let digest = text_of(&check(&mut client, path), "sha256");
    let mut load =
        |pin: &str| client.command(&["MODULE", "LOAD", path, pin, "x"]).expect("a reply");
    let wrong = load(&format!("sha256={}", "0".repeat(64)));
    assert!(
        wrong.text().unwrap_or_default().contains(&format!("is {digest}, not 000")),
        "{wrong:?}"
    );
    assert!(load("sha256=12").text().unwrap_or_default().contains("64 hexadecimal digits"));
    assert_eq!(load(&format!("sha256={digest}")), Reply::Simple(b"OK".to_vec()));
    let list = client.line("MODULE LIST").expect("a reply");
    let module = &list.elements().expect("a list")[0];
    assert_eq!(text_of(module, "sha256"), digest);
    assert_eq!(testkit::render(of(module, "args")).len(), 1, "{module:?}");
    assert!(matches!(of(module, "loaded-at"), Reply::Integer(1..)), "{module:?}");
    let info = client.line("INFO modules").expect("a reply").text().unwrap_or_default();
    assert!(info.contains(&format!(",sha256={digest},build_id=")), "{info}");
}

#[test]
fn modules_come_from_the_folders_they_may() {
    let (good, bad) = (Modules::new(), Modules::new());
    let (rich, other) = (good.compile("rich", RICH), bad.compile("other", RICH));
    let folder = good.directory.path().to_str().expect("a path of text");
    let server = start(&options().option("module-path", &[&format!("/nowhere:{folder}")]));
    let mut client = server.client().expect("a connection");
    let refused = load(&mut client, &other);
    assert!(refused.text().unwrap_or_default().contains("in none of the folders"), "{refused:?}");
    let link = good.path("link.so");
    std::os::unix::fs::symlink(&other, &link).expect("a link");
    assert!(load(&mut client, &link).is_error());
    assert_eq!(load(&mut client, &rich), Reply::Simple(b"OK".to_vec()));
}
