//! Modules whose threads run when they are to go.

use std::time::{Duration, Instant};

use testkit::Reply;

use crate::start;
use crate::support::{Modules, load, options};

const THREADED: &str = r#"
#include <pthread.h>
#include <unistd.h>
static volatile int ends;
static pthread_t thread;
static void *work(void *data) { while (!ends) usleep(1000); return data; }
int RedisModule_OnLoad(void *c, void **v, int n) {
    if (init(c, "threaded", 1)) return 1;
    return pthread_create(&thread, 0, work, 0) != 0 || n > 0;
}
"#;

#[test]
fn a_module_without_an_end_stays_while_its_threads_run() {
    let (server, modules) = (start(&options()), Modules::new());
    let mut client = server.client().expect("a connection");
    let ok = Reply::Simple(b"OK".to_vec());
    assert_eq!(load(&mut client, &modules.compile("threaded", THREADED)), ok);
    let refused = client.line("MODULE UNLOAD threaded").expect("a reply");
    assert!(
        refused.text().unwrap_or_default().contains("threads of the module run"),
        "{refused:?}"
    );
    assert!(client.line("MODULE UNLOAD threaded PARK").expect("a reply").is_error());
}

#[test]
fn threads_that_run_on_keep_their_code() {
    let modules = Modules::new();
    let ends = "int RedisModule_OnUnload(void *c) { ends = 1; pthread_join(thread, 0); return 0; }";
    let forgets = "int RedisModule_OnUnload(void *c) { return 0; }";
    for (name, end, is_kept) in [("ends", ends, false), ("forgets", forgets, true)] {
        let server = start(&options());
        let mut client = server.client().expect("a connection");
        let path = modules.compile(name, &format!("{THREADED}{end}"));
        let ok = Ok(Reply::Simple(b"OK".to_vec()));
        assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
        assert_eq!(client.line("MODULE UNLOAD threaded"), ok);
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(client.line("PING"), Ok(Reply::Simple(b"PONG".to_vec())), "{}", server.log());
        assert_eq!(server.log().contains("its code stays in memory"), is_kept, "{name}");
    }
}

#[test]
fn a_start_that_fails_may_have_made_threads() {
    let (server, modules) = (start(&options().option("module-probe", &["no"])), Modules::new());
    let mut client = server.client().expect("a connection");
    let path = modules.compile("threaded", THREADED);
    let words = ["MODULE", "LOAD", path.to_str().expect("a path of text"), "fail"];
    assert!(client.command(&words).expect("a reply").is_error());
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(client.line("PING"), Ok(Reply::Simple(b"PONG".to_vec())), "{}", server.log());
}

#[test]
fn a_thread_that_does_not_answer_may_be_in_the_module() {
    let (server, modules) = (start(&options()), Modules::new());
    let mut client = server.client().expect("a connection");
    let deaf = THREADED.replace(
        "{ while",
        "{ sigset_t all; sigfillset(&all); pthread_sigmask(SIG_BLOCK, &all, 0); while",
    );
    let path = modules.compile("deaf", &format!("#include <signal.h>\n{deaf}"));
    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    let began = Instant::now();
    let refused = client.line("MODULE UNLOAD threaded").expect("a reply");
    assert!(
        refused.text().unwrap_or_default().contains("threads of the module run"),
        "{refused:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
