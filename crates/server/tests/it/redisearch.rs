//! RediSearch 1.2.2 as Debian ships it: the same replies here as on Debian's own server.

use std::time::Duration;

use testkit::{Client, Reply, ServerOptions, encode_command};

use crate::random::Random;
use crate::start;
use crate::support::{options, prepared};

const DOCUMENTS: usize = 3000;

const WORDS: &[&str] = &[
    "bulkhead",
    "module",
    "server",
    "harbour",
    "ship",
    "anchor",
    "window",
    "library",
    "garden",
    "river",
    "mountain",
    "bridge",
    "copper",
    "silver",
    "yellow",
    "winter",
    "summer",
    "engine",
    "harvest",
    "running",
    "runner",
    "runs",
    "market",
    "marketing",
];
const TAGS: &[&str] = &["red", "green", "blue", "deep blue"];

/// Whose replies are compared, in this order.
const QUERIES: &[&str] = &[
    "FT.INFO books",
    "FT.SEARCH books harbour LIMIT 0 10 SORTBY year ASC",
    "FT.SEARCH books \"harbour ship\" LIMIT 0 5 SORTBY year DESC RETURN 2 title year",
    "FT.SEARCH books \"bridge|river\" NOCONTENT SORTBY year LIMIT 0 20",
    "FT.SEARCH books \"-bridge river\" NOCONTENT SORTBY year LIMIT 0 20",
    "FT.SEARCH books \"@colour:{red | deep\\\\ blue}\" NOCONTENT SORTBY year LIMIT 0 10",
    "FT.SEARCH books \"@year:[1990 1995]\" NOCONTENT SORTBY year LIMIT 0 50",
    "FT.SEARCH books \"@year:[(1990 +inf] @title:summer\" NOCONTENT SORTBY year LIMIT 0 10",
    "FT.SEARCH books \"mark*\" NOCONTENT SORTBY year LIMIT 0 10",
    "FT.SEARCH books run NOCONTENT SORTBY year LIMIT 0 10",
    "FT.SEARCH books \"\\\"copper silver\\\"\" SORTBY year LIMIT 0 5 HIGHLIGHT",
    "FT.SEARCH books nothingatall",
    "FT.SEARCH books \"@year:[\"",
    "FT.AGGREGATE books * GROUPBY 1 @colour REDUCE COUNT 0 AS number SORTBY 2 @colour ASC",
    "FT.AGGREGATE books harbour GROUPBY 1 @year REDUCE COUNT 0 AS number SORTBY 2 @year ASC MAX 20",
    "FT.AGGREGATE books * GROUPBY 0 REDUCE SUM 1 @year AS total REDUCE MIN 1 @year AS first",
    "FT.EXPLAIN books \"(harbour|ship) @year:[1 2]\"",
    "FT.TAGVALS books colour",
    "FT.GET books doc:17",
    "FT.MGET books doc:1 doc:2 missing",
    "FT.SUGADD suggestions harbour 2",
    "FT.SUGADD suggestions harvest 1",
    "FT.SUGGET suggestions har",
    "FT.SUGLEN suggestions",
    "FT.DEL books doc:17",
    "FT.GET books doc:17",
    "HGETALL doc:18",
    "FT.SEARCH",
    "FT.SEARCH noindex x",
    "TYPE ft:books/harbour",
    "FT.DROP books",
    "FT.SEARCH books harbour",
    "DBSIZE",
];

fn document(random: &mut Random, number: usize) -> Vec<String> {
    // Short values, so that the fields of a hash have an order on every server.
    let title: Vec<&str> = (0..3 + random.below(5)).map(|_| *random.of(WORDS)).collect();
    // Distinct years, so that every order is determined.
    let year = format!("{}.{number:05}", 1980 + random.below(40));
    let words = ["FT.ADD", "books", &format!("doc:{number}"), "1.0", "FIELDS"];
    let mut words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    words.extend(["title".to_owned(), title.join(" "), "year".to_owned(), year]);
    words.extend(["colour".to_owned(), (*random.of(TAGS)).to_owned()]);
    words
}

fn fill(client: &mut Client) {
    let created = client
        .line("FT.CREATE books SCHEMA title TEXT WEIGHT 2 year NUMERIC SORTABLE colour TAG")
        .expect("a reply");
    assert_eq!(created, Reply::Simple(b"OK".to_vec()));
    let mut random = Random::new(7);
    for batch in 0..DOCUMENTS / 100 {
        let mut bytes = Vec::new();
        for number in batch * 100..(batch + 1) * 100 {
            bytes.extend(encode_command(&document(&mut random, number)));
        }
        client.send(&bytes).expect("sent");
        for _ in 0..100 {
            assert_eq!(client.read(), Ok(Reply::Simple(b"OK".to_vec())));
        }
    }
}

/// Sizes in memory and times differ between servers and runs, and Redis 8 writes fractions with fewer digits than 7.
fn comparable(query: &str, reply: Reply) -> Reply {
    match reply {
        Reply::Array(items) if query.starts_with("FT.INFO") => {
            let pairs = items.chunks(2).filter(|pair| pair[0].text().is_some_and(is_stable));
            Reply::Array(pairs.flatten().cloned().map(with_short_fraction).collect())
        }
        other => with_short_fraction(other),
    }
}

fn is_stable(name: String) -> bool {
    !name.ends_with("_mb") && !name.ends_with("stats") && !name.contains("time")
}

fn with_short_fraction(reply: Reply) -> Reply {
    match reply {
        Reply::Array(items) => Reply::Array(items.into_iter().map(with_short_fraction).collect()),
        Reply::Bulk(text) if text.contains(&b'.') => {
            let number = std::str::from_utf8(&text).ok().and_then(|text| text.parse::<f64>().ok());
            Reply::Bulk(number.map_or(text, |number| number.to_string().into_bytes()))
        }
        other => other,
    }
}

fn session(options: &ServerOptions) -> Vec<Reply> {
    let server = start(options);
    let mut client = server.client().expect("a connection");
    client.set_timeout(Duration::from_secs(60));
    fill(&mut client);
    let replies = QUERIES.iter().map(|query| match client.line(query) {
        Ok(reply) => comparable(query, reply),
        Err(error) => panic!("{query}: {error}\n{}", server.log()),
    });
    replies.collect()
}

#[test]
fn replies_equal_those_on_debians_server() {
    let Some(module) = prepared("BULKHEAD_REDISEARCH") else { return };
    let Some(oracle) = prepared("BULKHEAD_REDISEARCH_ORACLE") else { return };
    let Some(libraries) = prepared("BULKHEAD_REDISEARCH_ORACLE_LIBRARIES") else { return };
    let module = module.to_str().expect("a path of text").to_owned();
    let libraries = libraries.to_str().expect("a path of text").to_owned();
    let oracle = ServerOptions::new(oracle)
        .option("loadmodule", &[&module])
        .environment("LD_LIBRARY_PATH", &libraries);
    let expected = session(&oracle);
    let found = session(&options().option("loadmodule", &[&module]));
    let mut differences = Vec::new();
    for ((query, expected), found) in QUERIES.iter().zip(expected).zip(found) {
        if found != expected {
            let (found, expected) = (testkit::render(&found), testkit::render(&expected));
            let (found, expected) = (found.join("\n"), expected.join("\n"));
            differences.push(format!("{query}\nhere:\n{found}\nthere:\n{expected}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}
