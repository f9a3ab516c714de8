//! What the commands of hashes propagate: moments instead of durations, removals instead of expiries.

use std::cell::RefCell;
use std::rc::Rc;

use crate::in_process::InProcess;
use engine::ClientId;

struct Session {
    server: InProcess,
    client: ClientId,
    propagated: Rc<RefCell<Vec<String>>>,
}

impl Session {
    fn new() -> Session {
        let mut server = InProcess::new();
        let propagated = Rc::new(RefCell::new(Vec::new()));
        let seen = propagated.clone();
        server.engine.state.propagation.add_taker();
        server.engine.state.active_expire_enabled = false;
        server.engine.state.propagation_taker = Some(Rc::new(move |_, commands| {
            for command in commands {
                let words: Vec<_> = command
                    .argv
                    .slices()
                    .iter()
                    .map(|word| word.escape_ascii().to_string())
                    .collect();
                seen.borrow_mut().push(words.join(" "));
            }
        }));
        let client = server.connect();
        Session { server, client, propagated }
    }

    /// Runs a command; what it propagated, with `TS` for each moment that lies not far from now.
    fn run(&mut self, line: &str) -> Vec<String> {
        self.server.send(self.client, line);
        let hide = |word: &str| match word.parse::<i64>() {
            Ok(number) if number > 1_000_000_000_000 => "TS".to_owned(),
            _ => word.to_owned(),
        };
        let lines = std::mem::take(&mut *self.propagated.borrow_mut());
        lines.iter().map(|line| line.split(' ').map(hide).collect::<Vec<_>>().join(" ")).collect()
    }
}

/// Each line with what it propagates; `sleep` lets time pass.
fn check(script: &[(&str, &[&str])]) {
    let mut session = Session::new();
    for (line, expected) in script {
        if *line == "sleep" {
            session.server.advance(100);
            continue;
        }
        assert_eq!(session.run(line), *expected, "of {line}");
    }
}

#[test]
fn expiries_are_propagated_as_moments() {
    check(&[
        ("HSET h f1 v1 f2 v2", &["HSET h f1 v1 f2 v2"]),
        ("HEXPIRE h 10 XX FIELDS 3 f1 f2 none", &[]),
        ("HPEXPIRE h 2000 FIELDS 1 f1", &["HPEXPIREAT h TS FIELDS 1 f1"]),
        ("HPEXPIRE h 3000 NX FIELDS 2 f1 f2", &["HPEXPIREAT h TS NX FIELDS 1 f2"]),
        ("HEXPIRE h 3000 FIELDS 2 none f2 GT", &["HPEXPIREAT h TS FIELDS 1 f2 GT"]),
        ("HPERSIST h FIELDS 2 f1 none", &["HPERSIST h FIELDS 2 f1 none"]),
        ("HPERSIST h FIELDS 1 f1", &[]),
        ("HEXPIREAT h 1 FIELDS 3 f1 f2 none", &["HDEL h f1", "HDEL h f2"]),
    ]);
}

#[test]
fn fields_that_expired_are_propagated_as_removals() {
    check(&[
        ("HSET h a 1 b 2 c 3 d 4 e 5", &["HSET h a 1 b 2 c 3 d 4 e 5"]),
        ("HPEXPIRE h 10 FIELDS 4 a b c d", &["HPEXPIREAT h TS FIELDS 4 a b c d"]),
        ("sleep", &[]),
        ("HGETALL h", &[]),
        ("HGET h a", &["HDEL h a"]),
        ("HSETNX h b 9", &["HDEL h b", "HSETNX h b 9"]),
        ("HINCRBYFLOAT h c 1.5", &["HDEL h c", "HSETEX h KEEPTTL FIELDS 1 c 1.5"]),
        ("HRANDFIELD h", &["HDEL h d"]),
        ("HGETDEL h FIELDS 2 b none", &["HDEL h b none"]),
        ("HGETDEL h FIELDS 1 none", &[]),
    ]);
}

#[test]
fn hgetex_and_hsetex_are_propagated_by_their_effect() {
    check(&[
        ("HSETEX h FIELDS 2 a 1 b 2", &["HSETEX h FIELDS 2 a 1 b 2"]),
        ("HSETEX h FNX FIELDS 1 a 1", &[]),
        ("HSETEX h EX 100 FIELDS 1 a 1", &["HSETEX h PXAT TS FIELDS 1 a 1"]),
        ("HSETEX h FIELDS 1 a 1 EX 100", &["HSETEX h FIELDS 1 a 1 PXAT TS"]),
        ("HSETEX h PX 0 FIELDS 2 a 1 c 3", &["HDEL h a", "HDEL h c"]),
        ("HGETEX h FIELDS 1 b", &[]),
        ("HGETEX h EX 100 FIELDS 2 b none", &["HPEXPIREAT h TS FIELDS 2 b none"]),
        ("HGETEX h PERSIST FIELDS 1 b", &["HPERSIST h FIELDS 1 b"]),
        ("HGETEX h PERSIST FIELDS 1 b", &[]),
        ("HSETEX h PX 10 FIELDS 1 c 3", &["HSETEX h PXAT TS FIELDS 1 c 3"]),
        ("sleep", &[]),
        ("HGETEX h EXAT 1 FIELDS 2 b c", &["HDEL h c", "HDEL h b"]),
    ]);
}

#[test]
fn active_expiry_removes_fields_and_empty_hashes() {
    let mut session = Session::new();
    session.run("HSET h a 1 b 2");
    session.run("HPEXPIRE h 10 FIELDS 2 a b");
    session.server.engine.state.active_expire_enabled = true;
    session.server.advance(100);
    session.server.engine.cron();
    assert_eq!(session.run("EXISTS h"), ["HDEL h b", "HDEL h a"]);
    assert_eq!(session.server.send(session.client, "EXISTS h"), ":0|");
    assert_eq!(session.server.engine.state.stats.expired_subkeys_active, 2);
}
