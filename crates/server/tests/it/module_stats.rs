//! What modules hold and cost, and the limit on what they may hold.

use testkit::{Client, Reply};

use crate::parked_modules::{ask, done, says, typed};
use crate::start;
use crate::support::{Modules, load, options};

/// A figure of MODULE STATS, which INFO tells as well.
fn figure(client: &mut Client, module: &str, name: &str) -> Option<i64> {
    let reply = ask(client, &format!("MODULE STATS {module}"));
    let Reply::Array(modules) = &reply else { panic!("{reply:?}") };
    assert_eq!(modules[0], Reply::Bulk(module.as_bytes().to_vec()));
    let Reply::Array(pairs) = &modules[1] else { panic!("{reply:?}") };
    let found = pairs.chunks(2).find(|pair| pair[0] == Reply::Bulk(name.as_bytes().to_vec()));
    let info = ask(client, "INFO modulestats").text().unwrap_or_default();
    assert_eq!(info.contains(&format!("{name}=")), found.is_some(), "{info}");
    match found.map(|pair| &pair[1]) {
        Some(Reply::Integer(value)) => Some(*value),
        None => None,
        other => panic!("{other:?}"),
    }
}

fn number(client: &mut Client, name: &str) -> i64 {
    figure(client, "typed", name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn a_module_that_holds_too_much_gets_no_more() {
    let modules = Modules::new();
    let path = modules.compile("typed", &typed("value_save"));
    let server = start(&options().option("module-memory-limit", &["typed", "20kb"]));
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    assert_eq!(number(&mut client, "memory_bytes"), 0);
    let text = "x".repeat(15_000);
    done(&mut client, &format!("TYPED.SET one {text}"));
    assert_eq!(number(&mut client, "memory_blocks"), 2);
    done(&mut client, &format!("TYPED.SET two {text}"));
    let held = number(&mut client, "memory_bytes");
    assert!((30_000..50_000).contains(&held), "{held}");

    let refused = ask(&mut client, "TYPED.SET three x");
    let error = format!(
        "OOM command not allowed when the module 'typed' holds {held} bytes, more than its \
         'module-memory-limit' of 20480"
    );
    assert_eq!(refused.text(), Some(error.clone()));
    let script = "EVAL \"return redis.pcall('typed.set', KEYS[1], 'x')\" 1 three";
    says(&ask(&mut client, script), &error);
    done(&mut client, "MULTI");
    done(&mut client, "TYPED.SET three x");
    let Reply::Array(replies) = ask(&mut client, "EXEC") else { panic!("no array") };
    says(&replies[0], &error);
    assert_eq!(ask(&mut client, "EXISTS three"), Reply::Integer(0));
    says(&ask(&mut client, "TYPED.GET one"), "xxx");
    assert_eq!(number(&mut client, "refused_calls"), 3);
    assert_eq!(number(&mut client, "memory_limit_bytes"), 20_480);
    assert_eq!(number(&mut client, "failed_calls"), 3);
    assert_eq!(number(&mut client, "calls"), 6);
    assert_eq!(number(&mut client, "values_typed-one"), 2);
    assert_eq!((number(&mut client, "blocked_clients"), number(&mut client, "timers")), (0, 0));
    says(&ask(&mut client, "INFO modulestats"), "longest_call=typed.");

    done(&mut client, "DEL one");
    assert_eq!(number(&mut client, "memory_blocks"), 2);
    done(&mut client, "TYPED.SET three x");
    done(&mut client, &format!("TYPED.SET one {text}"));
    done(&mut client, "CONFIG SET module-memory-limit \"typed 0 other 1\"");
    done(&mut client, "TYPED.SET three x");
    assert_eq!(figure(&mut client, "typed", "memory_limit_bytes"), None);
    assert!(number(&mut client, "memory_peak_bytes") >= held);
    done(&mut client, "CONFIG RESETSTAT");
    assert_eq!((number(&mut client, "calls"), number(&mut client, "refused_calls")), (0, 0));

    // What is read again is counted again; what went has been given back.
    let held = (number(&mut client, "memory_bytes"), number(&mut client, "memory_blocks"));
    done(&mut client, "MODULE UNLOAD typed PARK");
    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    for key in ["one", "two", "three"] {
        done(&mut client, &format!("TYPED.GET {key}"));
    }
    let again = (number(&mut client, "memory_bytes"), number(&mut client, "memory_blocks"));
    assert_eq!(again.1, held.1);
    assert!((held.0 - 10_000..=held.0).contains(&again.0), "{held:?} {again:?}");
}

#[test]
fn a_module_may_say_which_commands_need_memory() {
    let modules = Modules::new();
    let code = typed("value_save")
        .replace("set, \"write\"", "set, \"write deny-oom\"")
        .replace("stay, \"\"", "stay, \"write\"");
    let path = modules.compile("typed", &code);
    let server = start(&options().option("module-memory-limit", &["typed", "1"]));
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    done(&mut client, "TYPED.SET one text");
    says(
        &ask(&mut client, "TYPED.SET one text"),
        "OOM command not allowed when the module 'typed'",
    );
    done(&mut client, "TYPED.STAY");
    done(&mut client, "DEL one");
    done(&mut client, "TYPED.SET one text");
    // A file that brings commands back is not refused.
    says(&ask(&mut client, "MODULE STATS nobody"), "ERR no such module with that name");
}
