//! Configuration files with what the genuine server says of them.

use std::collections::BTreeMap;

use super::{Files, LoadError, Startup};

/// Texts with the line and reason of the refusal, if any.
const CASES: &[(&str, Option<(usize, &str)>)] = &[
    ("port 25002\nfoo bar\n", Some((2, "Bad directive or wrong number of arguments"))),
    ("port\n", Some((1, "wrong number of arguments"))),
    ("port 1 2\n", Some((1, "wrong number of arguments"))),
    ("port abc\n", Some((1, "argument couldn't be parsed into an integer"))),
    ("port 25002\nsave\n", None),
    ("port 25002\nsave 1\n", Some((2, "Invalid save parameters"))),
    ("port 25002\nsave 1 x\n", Some((2, "Invalid save parameters"))),
    ("port 25002\nsave \"\"\n", None),
    ("port 25002\nsave \"100 1 200 2\"\n", None),
    ("port 25002\nsave 100 1 200 2\n", None),
    ("port 25002\nbind\n", None),
    ("port 25002\nbind 127.0.0.1 ::1\n", None),
    ("port 25002\nuser\n", Some((2, "Bad directive or wrong number of arguments"))),
    ("port 25002\nuser foo\n", None),
    ("port 25002\nloadmodule\n", Some((2, "Bad directive or wrong number of arguments"))),
    ("port 25002\nrename-command a\n", Some((2, "Bad directive or wrong number of arguments"))),
    ("port 25002\nrename-command get \"\"\n", None),
    ("port 25002\ninclude /tmp/wire/c/no*.conf\n", None),
    ("port 25002\ninclude\n", Some((2, "Bad directive or wrong number of arguments"))),
    ("port 25002\nsentinel x y\n", Some((2, "sentinel directive while not in sentinel mode"))),
    ("port 25002\nlist-max-ziplist-entries 5\n", None),
    (
        "port 25002\nlist-max-ziplist-value\n",
        Some((2, "Bad directive or wrong number of arguments")),
    ),
    ("port 25002\nlua-replicate-commands yes\n", None),
    ("port 25002\nio-threads-do-reads yes\n", None),
    // It may be a module's: whoever loads the modules says that there is none.
    ("port 25002\nfoo.bar 1\n", None),
    ("port 25002\nfoo.bar\n", Some((2, "Bad directive or wrong number of arguments"))),
    ("port 25002\nset-x \"a\n", Some((2, "Unbalanced quotes in configuration line"))),
    ("port \"25002\"x\n", Some((1, "Unbalanced quotes in configuration line"))),
    ("port 25002\nmaxmemory 1x\n", Some((2, "argument must be a memory value"))),
    ("port 25002\nclient-output-buffer-limit\n", None),
    (
        "port 25002\nclient-output-buffer-limit normal 1 2\n",
        Some((2, "Wrong number of arguments in buffer limit configuration.")),
    ),
    (
        "port 25002\nclient-output-buffer-limit foo 1 2 3\n",
        Some((2, "Invalid client class specified in buffer limit configuration.")),
    ),
    ("port 25002\nclient-output-buffer-limit \"normal 0 0 0\"\n", None),
    ("port 25002\noom-score-adj-values 1 2\n", Some((2, "wrong number of arguments"))),
    ("port 25002\noom-score-adj-values \"1 2 3\"\n", None),
    ("port 25002\nreplicaof a\n", Some((2, "wrong number of arguments"))),
    ("port 25002\nreplicaof \"127.0.0.1 6000\"\n", None),
    ("port 25002\nslaveof no one\n", None),
    (
        "port 25002\nnotify-keyspace-events \"K E\"\n",
        Some((2, "Invalid event class character. Use 'Ag$lshzxeKEtmdnocaSTIV'.")),
    ),
    ("port 25002\nnotify-keyspace-events\n", Some((2, "wrong number of arguments"))),
    ("port 25002\nnotify-keyspace-events K E\n", Some((2, "wrong number of arguments"))),
    ("port 25002\nlatency-tracking-info-percentiles 1 2 3\n", None),
    ("port 25002\nlatency-tracking-info-percentiles \"\"\n", None),
    ("port 25002\nlatency-tracking-info-percentiles\n", None),
    (
        "port 25002\nshutdown-on-sigint save nosave\n",
        Some((2, "shutdown options SAVE and NOSAVE can't be used simultaneously")),
    ),
    (
        "port 25002\nshutdown-on-sigint \"\"\n",
        Some((2, "argument(s) must be one of the following: default, save, nosave, now, force")),
    ),
    ("port 25002\nhz 100000\n", None),
    ("port 25002\nappendfilename \"\"\n", Some((2, "appendfilename can't be empty"))),
    (
        "port 25002\nappendfilename a/b\n",
        Some((2, "appendfilename can't be a path, just a filename")),
    ),
    ("port 25002\nappenddirname \"\"\n", Some((2, "appenddirname can't be empty"))),
    ("port 25002\nbackupdirname a/b\n", Some((2, "backupdirname can't be a path, just a dirname"))),
    ("port 25002\nbackupdirname \"\"\n", Some((2, "backupdirname can't be empty"))),
    ("port 25002\nrequirepass\n", Some((2, "wrong number of arguments"))),
    ("port 25002\nrequirepass \"\"\n", None),
    ("PORT 25002\nMaxMemory 5\n", None),
    ("   port   25002   \n\t# c\n", None),
    ("port 25002\nmin-slaves-to-write 1\n", None),
    ("port 25002\nrepl-compression 1\n", Some((2, "Bad directive or wrong number of arguments"))),
    (
        "port 25002\nclient-default-resp 3\n",
        Some((2, "Bad directive or wrong number of arguments")),
    ),
    (
        "port 25002\nunixsocketperm 888\n",
        Some((2, "argument couldn't be parsed as an octal number")),
    ),
    (
        "port 25002\nunixsocketperm 1777\n",
        Some((2, "argument must be between 0 and 777 inclusive")),
    ),
    ("port 25002\nkey-memory-histograms yes\n", None),
    ("port 25002\nio-threads 129\n", Some((2, "argument must be between 1 and 128 inclusive"))),
    (
        "port 25002\nsupervised foo\n",
        Some((2, "argument(s) must be one of the following: upstart, systemd, auto, no")),
    ),
    ("port 25002\ndatabases 0\n", Some((2, "argument must be between 1 and 2147483647 inclusive"))),
    ("port 25002 # c\n", Some((1, "wrong number of arguments"))),
    ("port 25002\nmaxclients 100000000\n", None),
    (
        "port 25002\nproc-title-template {foo}\n",
        Some((2, "template format is invalid or contains unknown variables")),
    ),
    ("port 25002\ndbfilename a/b\n", Some((2, "dbfilename can't be a path, just a filename"))),
    (
        "port 25002\ncluster-port 70000\n",
        Some((2, "argument must be between 0 and 65535 inclusive")),
    ),
    (
        "port 25002\nsyslog-facility x\n",
        Some((
            2,
            "argument(s) must be one of the following: user, local0, local1, local2, local3, local4, local5, local6, local7",
        )),
    ),
    (
        "port 25002\npreload-file foo\n",
        Some((2, "argument must be in the format '[aof|rdb]:[filename]'")),
    ),
    (
        "port 25002\npreload-file rdb:x.rdb\n",
        Some((2, "argument must be in the format '[aof|rdb]:[filename]'")),
    ),
    ("port 25002\npreload-file rdb:/x\n", Some((2, "preload-file must end with an extension"))),
    ("port 25002\npreload-file rdb:/x.\n", Some((2, "preload-file must end with an extension"))),
    ("port 25002\npreload-file rdb:/.a/x\n", None),
    (
        "port 25002\npreload-file aof:/x//y.aof\n",
        Some((2, "preload-file path must be a normalized absolute file path")),
    ),
    (
        "port 25002\npreload-file aof:/x.aof/\n",
        Some((2, "preload-file path must be a normalized absolute file path")),
    ),
    (
        "port 25002\npreload-file aof:/x/../y.aof\n",
        Some((2, "preload-file path must be a normalized absolute file path")),
    ),
];

/// Files held in memory.
#[derive(Default)]
struct Held(BTreeMap<&'static str, &'static str>);

impl Files for Held {
    fn read(&self, path: &[u8]) -> Result<Vec<u8>, String> {
        let path = std::str::from_utf8(path).map_err(|error| error.to_string())?;
        let found = self.0.get(path).ok_or("No such file or directory")?;
        Ok(found.as_bytes().to_vec())
    }

    fn glob(&self, pattern: &[u8]) -> Vec<Vec<u8>> {
        let start = pattern.split(|&byte| byte == b'*').next().unwrap_or_default();
        let names = self.0.keys().map(|name| name.as_bytes().to_vec());
        names.filter(|name| name.starts_with(start)).collect()
    }
}

fn load(text: &str) -> Result<Startup, LoadError> {
    Startup::load(text.as_bytes(), &Held::default())
}

#[test]
fn refusals_as_the_genuine_server() {
    for (text, expected) in CASES {
        let found = match load(text) {
            Ok(_) => None,
            Err(LoadError::Line { line_number, reason, .. }) => Some((line_number, reason)),
            Err(error) => panic!("{text}: {error:?}"),
        };
        let expected = expected.map(|(line_number, reason)| (line_number, reason.to_owned()));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn values_as_the_genuine_server() {
    for (text, name, value) in [
        ("save", "save", ""),
        ("save 5 1\nsave", "save", "5 1"),
        ("save 5 1\nsave \"\"\nsave 7 2", "save", "7 2"),
        ("save \"5 1\"\nsave 7 2", "save", "5 1 7 2"),
        ("latency-tracking-info-percentiles \"\"", "latency-tracking-info-percentiles", ""),
        ("bind \"127.0.0.1 127.0.0.2\"", "bind", "127.0.0.1 127.0.0.2"),
        (
            "client-output-buffer-limit\nclient-output-buffer-limit pubsub 1 2 3\n\
             client-output-buffer-limit normal 1kb 2 3",
            "client-output-buffer-limit",
            "normal 1024 2 3 slave 268435456 67108864 60 pubsub 1 2 3",
        ),
        ("replicaof \"127.0.0.1 6000\"", "slaveof", "127.0.0.1 6000"),
        ("shutdown-on-sigint now\nshutdown-on-sigint force", "shutdown-on-sigint", "force"),
        ("shutdown-on-sigint \"now   force\"", "shutdown-on-sigint", "now force"),
        ("cluster-slot-stats-enabled yes cpu", "cluster-slot-stats-enabled", "yes"),
        ("hz 100000", "hz", "500"),
        ("hash-max-ziplist-entries 7", "hash-max-listpack-entries", "7"),
    ] {
        let startup = load(text).expect("a good configuration");
        let found = startup.config.get(name.as_bytes());
        assert_eq!(found, Some(value.as_bytes().to_vec()), "{text}");
    }
}

#[test]
fn includes_and_other_directives() {
    let files = Held(BTreeMap::from([
        ("conf.d/a.conf", "maxmemory 1mb"),
        ("conf.d/b.conf", "port 7\nrename-command flushall \"\""),
        ("loop.conf", "include loop.conf"),
    ]));
    let text = b"include conf.d/*\nloadmodule m.so a \"b c\"\nuser x on nopass\nm.setting 5\n";
    let startup = Startup::load(text, &files).expect("a good configuration");
    assert_eq!((startup.config.maxmemory, startup.config.port), (1 << 20, 7));
    assert_eq!(startup.renamed_commands, [(b"flushall".to_vec(), Vec::new())]);
    assert_eq!(startup.load_modules[0].arguments, [b"a".to_vec(), b"b c".to_vec()]);
    assert_eq!(startup.users[0].len(), 3);
    assert_eq!(startup.module_settings[0].line_number, 4);
    assert!(Startup::load(b"include loop.conf", &files).is_err());
    let missing = Startup::load(b"include x.conf", &files).expect_err("no such file");
    assert!(matches!(missing, LoadError::File { .. }));
}

#[test]
fn the_report_has_the_known_shape() {
    let report = load("port 1\nport x").expect_err("no number").report("8.10.2");
    assert_eq!(
        String::from_utf8_lossy(&report),
        "\n*** FATAL CONFIG FILE ERROR (Redis 8.10.2) ***\n\
         Reading the configuration file, at line 2\n>>> 'port x'\n\
         argument couldn't be parsed into an integer\n"
    );
}

#[test]
fn parameters_are_held_against_others_as_they_stand_at_their_line() {
    assert!(load("array-sparse-kmax 20\narray-sparse-kmin 10").is_ok());
    assert!(load("array-sparse-kmax 0\narray-sparse-kmin 10").is_ok());
    assert!(load("array-sparse-kmax 5").is_err());
    let error = load("array-sparse-kmin 10\narray-sparse-kmax 20").expect_err("one by one");
    assert!(matches!(error, LoadError::Line { line_number: 1, .. }));
}
