//! GEORADIUS, GEORADIUS_RO, GEORADIUSBYMEMBER, GEORADIUSBYMEMBER_RO: the places around a place or a member.

use command_spec::*;
use engine::*;

pub const GEORADIUS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "georadius",
        group: Group::Geo,
        summary: "Returns the members of a sorted set of places around a place, or stores them.",
        since: "3.2.0",
        complexity: "O(N+log(M)); N is the number of members in the cells around the circle, M the number of those in the circle.",
        arity: -6,
        flags: flag::DENYOOM | flag::MOVABLEKEYS | flag::WRITE,
        categories: category::GEO | category::SLOW | category::WRITE,
        key_specs: &[SOURCE, stored("STORE", 6), stored("STOREDIST", 6)],
        arguments: &[
            Argument::key("key", 0),
            Argument::double("longitude"),
            Argument::double("latitude"),
            Argument::double("radius"),
            UNIT,
            Argument::pure_token("withcoord", "WITHCOORD").optional(),
            Argument::pure_token("withdist", "WITHDIST").optional(),
            Argument::pure_token("withhash", "WITHHASH").optional(),
            COUNT_ANY_SINCE,
            ORDER,
            STORE,
        ],
        deprecated: Some(Deprecation {
            since: "6.2.0",
            replaced_by: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
        }),
        history: &[
            ("6.2.0", "The option ANY behind COUNT."),
            ("7.0.0", "Units in capitals."),
        ],
        ..CommandSpec::DEFAULT
    },
    georadius,
)
.with_get_keys(get_keys);

pub const GEORADIUS_RO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "georadius_ro",
        group: Group::Geo,
        summary: "Returns the members of a sorted set of places around a place.",
        since: "3.2.10",
        complexity: "O(N+log(M)); N is the number of members in the cells around the circle, M the number of those in the circle.",
        arity: -6,
        flags: flag::READONLY,
        categories: category::GEO | category::READ | category::SLOW,
        key_specs: &[SOURCE],
        arguments: &[
            Argument::key("key", 0),
            Argument::double("longitude"),
            Argument::double("latitude"),
            Argument::double("radius"),
            UNIT,
            Argument::pure_token("withcoord", "WITHCOORD").optional(),
            Argument::pure_token("withdist", "WITHDIST").optional(),
            Argument::pure_token("withhash", "WITHHASH").optional(),
            COUNT_ANY_SINCE,
            ORDER,
        ],
        deprecated: Some(Deprecation {
            since: "6.2.0",
            replaced_by: "`GEOSEARCH` with the `BYRADIUS` argument",
        }),
        history: &[("6.2.0", "The option ANY behind COUNT."), ("7.0.0", "Units in capitals.")],
        ..CommandSpec::DEFAULT
    },
    georadius_ro,
);

pub const GEORADIUSBYMEMBER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "georadiusbymember",
        group: Group::Geo,
        summary: "Returns the members of a sorted set of places around a member, or stores them.",
        since: "3.2.0",
        complexity: "O(N+log(M)); N is the number of members in the cells around the circle, M the number of those in the circle.",
        arity: -5,
        flags: flag::DENYOOM | flag::MOVABLEKEYS | flag::WRITE,
        categories: category::GEO | category::SLOW | category::WRITE,
        key_specs: &[SOURCE, stored("STORE", 5), stored("STOREDIST", 5)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("member"),
            Argument::double("radius"),
            UNIT,
            Argument::pure_token("withcoord", "WITHCOORD").optional(),
            Argument::pure_token("withdist", "WITHDIST").optional(),
            Argument::pure_token("withhash", "WITHHASH").optional(),
            COUNT,
            ORDER,
            STORE,
        ],
        deprecated: Some(Deprecation {
            since: "6.2.0",
            replaced_by: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
        }),
        history: &[
            ("6.2.0", "The option ANY behind COUNT."),
            ("7.0.0", "Units in capitals."),
        ],
        ..CommandSpec::DEFAULT
    },
    georadiusbymember,
)
.with_get_keys(get_keys);

pub const GEORADIUSBYMEMBER_RO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "georadiusbymember_ro",
        group: Group::Geo,
        summary: "Returns the members of a sorted set of places around a member.",
        since: "3.2.10",
        complexity: "O(N+log(M)); N is the number of members in the cells around the circle, M the number of those in the circle.",
        arity: -5,
        flags: flag::READONLY,
        categories: category::GEO | category::READ | category::SLOW,
        key_specs: &[SOURCE],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("member"),
            Argument::double("radius"),
            UNIT,
            Argument::pure_token("withcoord", "WITHCOORD").optional(),
            Argument::pure_token("withdist", "WITHDIST").optional(),
            Argument::pure_token("withhash", "WITHHASH").optional(),
            COUNT,
            ORDER,
        ],
        deprecated: Some(Deprecation {
            since: "6.2.0",
            replaced_by: "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
        }),
        history: &[("6.2.0", "The option ANY behind COUNT."), ("7.0.0", "Units in capitals.")],
        ..CommandSpec::DEFAULT
    },
    georadiusbymember_ro,
);

use engine::keys::{FoundKey, FoundKeys};

use super::geosearch::{COUNT, ORDER};
use super::options::Form;
use super::{UNIT, query};
use crate::arguments;

const SOURCE: KeySpec = KeySpec::at(1, key_flag::RO | key_flag::ACCESS);
const STORE: Argument = Argument::one_of(
    "store",
    &[
        Argument::key("storekey", 1).display("key").token("STORE"),
        Argument::key("storedistkey", 2).display("key").token("STOREDIST"),
    ],
)
.optional();
/// As [`COUNT`], with the version that brought ANY.
const COUNT_ANY_SINCE: Argument = Argument::block(
    "count-block",
    &[
        Argument::integer("count").token("COUNT"),
        Argument::pure_token("any", "ANY").since("6.2.0").optional(),
    ],
)
.optional();

/// Where the key behind STORE or STOREDIST is.
const fn stored(keyword: &'static str, start_from: i32) -> KeySpec {
    KeySpec {
        flags: key_flag::OW | key_flag::UPDATE | key_flag::INCOMPLETE,
        begin: BeginSearch::Keyword { keyword, start_from },
        find: FindKeys::Range { last_key: 0, step: 1, limit: 0 },
        notes: Some(if keyword.len() == "STORE".len() {
            "Incomplete because duplicate STORE options use last-wins; fall back to georadiusGetKeys"
        } else {
            "Incomplete because duplicate STOREDIST options use last-wins; fall back to georadiusGetKeys"
        }),
    }
}

/// The set, and of several keys to store to the last, which wins.
fn get_keys(argv: &[&[u8]]) -> Option<FoundKeys> {
    const OPTIONS_FROM: usize = 5;
    let mut keys = vec![FoundKey { position: 1, flags: key_flag::RO | key_flag::ACCESS }];
    let mut store = None;
    let mut at = OPTIONS_FROM;
    while at + 1 < argv.len() {
        if arguments::is(argv[at], "STORE") || arguments::is(argv[at], "STOREDIST") {
            at += 1;
            store = Some(FoundKey { position: at, flags: key_flag::OW | key_flag::UPDATE });
        }
        at += 1;
    }
    keys.extend(store);
    Some(keys)
}

fn georadius(context: &mut Context<'_>) -> CommandResult {
    around_point(context, true)
}

fn georadius_ro(context: &mut Context<'_>) -> CommandResult {
    around_point(context, false)
}

fn georadiusbymember(context: &mut Context<'_>) -> CommandResult {
    around_member(context, true)
}

fn georadiusbymember_ro(context: &mut Context<'_>) -> CommandResult {
    around_member(context, false)
}

fn around_point(context: &mut Context<'_>, may_store: bool) -> CommandResult {
    let argv = context.argv;
    query::run(context, argv[1], Form::Radius { may_store }, |request, set| {
        request.set_center(argv[2], argv[3])?;
        request.by_radius(argv[4], argv[5])?;
        request.read_options(&argv[6..], set)
    })
}

fn around_member(context: &mut Context<'_>, may_store: bool) -> CommandResult {
    let argv = context.argv;
    query::run(context, argv[1], Form::Radius { may_store }, |request, set| {
        request.set_center_member(set, argv[2])?;
        // Redis does not look at the radius where there is nothing to search.
        if set.is_some() {
            request.by_radius(argv[3], argv[4])?;
        }
        request.read_options(&argv[5..], set)
    })
}
