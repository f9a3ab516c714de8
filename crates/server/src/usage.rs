//! What the binary does instead of serving: help, version, the memory test.

use std::io::Write as _;

const HELP: &str = "\
Usage: ./bulkhead-server [/path/to/redis.conf] [options] [-]
       ./bulkhead-server - (read config from stdin)
       ./bulkhead-server -v or --version
       ./bulkhead-server -h or --help
       ./bulkhead-server --test-memory <megabytes>
       ./bulkhead-server --check-system
       ./bulkhead-server --check-module <path> [argument ...]

Every directive of the configuration file is also an option: --name value ...

Examples:
       ./bulkhead-server (run the server with default conf)
       echo 'maxmemory 128mb' | ./bulkhead-server -
       ./bulkhead-server /etc/redis/6379.conf
       ./bulkhead-server --port 7777
       ./bulkhead-server --port 7777 --replicaof 127.0.0.1 8888
       ./bulkhead-server /etc/myredis.conf --loglevel verbose -
       ./bulkhead-server --loadmodule ./redisearch.so
";

/// Prints to standard output.
pub fn print(text: &str) -> i32 {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => 0,
        Err(_) => 1,
    }
}

/// `--help`: to standard error and with exit code 1, as Redis does.
pub fn print_help() -> i32 {
    // Standard error may be closed; the exit code tells all the same.
    let _ = std::io::stderr().write_all(HELP.as_bytes());
    1
}

/// `--test-memory`.
pub fn test_memory(megabytes: &[u8]) -> i32 {
    match std::str::from_utf8(megabytes).ok().and_then(|text| text.parse().ok()) {
        Some(megabytes @ 1..) => crate::memory_test::thorough(megabytes),
        _ => {
            // As above.
            let _ = writeln!(
                std::io::stderr(),
                "Please specify the amount of memory to test in megabytes.\n\
                 Example: ./bulkhead-server --test-memory 4096"
            );
            1
        }
    }
}
