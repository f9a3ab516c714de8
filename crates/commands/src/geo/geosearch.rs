//! GEOSEARCH, GEOSEARCHSTORE: the places of a circle or a box.

use command_spec::*;
use engine::*;

pub const GEOSEARCH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "geosearch",
        group: Group::Geo,
        summary: "Returns the members of a sorted set of places that lie in a circle or a box.",
        since: "6.2.0",
        complexity: "O(N+log(M)); N is the number of members in the cells around the area, M the number of those in the area.",
        arity: -7,
        flags: flag::READONLY,
        categories: category::GEO | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            FROM,
            BY,
            ORDER,
            COUNT,
            Argument::pure_token("withcoord", "WITHCOORD").optional(),
            Argument::pure_token("withdist", "WITHDIST").optional(),
            Argument::pure_token("withhash", "WITHHASH").optional(),
        ],
        history: &[("7.0.0", "Units in capitals.")],
        ..CommandSpec::DEFAULT
    },
    geosearch,
);

pub const GEOSEARCHSTORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "geosearchstore",
        group: Group::Geo,
        summary: "Stores the members of a sorted set of places that lie in a circle or a box.",
        since: "6.2.0",
        complexity: "O(N+log(M)); N is the number of members in the cells around the area, M the number of those in the area.",
        arity: -8,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::GEO | category::SLOW | category::WRITE,
        key_specs: &[
            KeySpec::at(1, key_flag::OW | key_flag::UPDATE),
            KeySpec::at(2, key_flag::RO | key_flag::ACCESS),
        ],
        arguments: &[
            Argument::key("destination", 0),
            Argument::key("source", 1),
            FROM,
            BY,
            ORDER,
            COUNT,
            Argument::pure_token("storedist", "STOREDIST").optional(),
        ],
        history: &[("7.0.0", "Units in capitals.")],
        ..CommandSpec::DEFAULT
    },
    geosearchstore,
);

use super::options::{Form, StoredScore};
use super::{UNIT, query};

const FROM: Argument = Argument::one_of(
    "from",
    &[
        Argument::string("member").token("FROMMEMBER"),
        Argument::block(
            "fromlonlat",
            &[Argument::double("longitude"), Argument::double("latitude")],
        )
        .token("FROMLONLAT"),
    ],
);
const BY: Argument = Argument::one_of(
    "by",
    &[
        Argument::block("circle", &[Argument::double("radius").token("BYRADIUS"), UNIT]),
        Argument::block(
            "box",
            &[Argument::double("width").token("BYBOX"), Argument::double("height"), UNIT],
        ),
    ],
);
pub(super) const ORDER: Argument = Argument::one_of(
    "order",
    &[Argument::pure_token("asc", "ASC"), Argument::pure_token("desc", "DESC")],
)
.optional();
pub(super) const COUNT: Argument = Argument::block(
    "count-block",
    &[Argument::integer("count").token("COUNT"), Argument::pure_token("any", "ANY").optional()],
)
.optional();

fn geosearch(context: &mut Context<'_>) -> CommandResult {
    let argv = context.argv;
    query::run(context, argv[1], Form::Search, |request, set| request.read_options(&argv[2..], set))
}

fn geosearchstore(context: &mut Context<'_>) -> CommandResult {
    let argv = context.argv;
    query::run(context, argv[2], Form::SearchStore, |request, set| {
        request.store = Some((argv[1], StoredScore::Hash));
        request.read_options(&argv[3..], set)
    })
}
