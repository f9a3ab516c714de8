//! GEOADD: adds places to a sorted set.

use command_spec::*;
use engine::*;

pub const GEOADD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "geoadd",
        group: Group::Geo,
        summary: "Adds places with their longitudes and latitudes to a sorted set, or moves those that are there.",
        since: "3.2.0",
        complexity: "O(log(N)) for each place; N is the size of the set.",
        arity: -5,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::GEO | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "condition",
                &[Argument::pure_token("nx", "NX"), Argument::pure_token("xx", "XX")],
            )
            .since("6.2.0")
            .optional(),
            Argument::pure_token("change", "CH").since("6.2.0").optional(),
            Argument::block(
                "data",
                &[
                    Argument::double("longitude"),
                    Argument::double("latitude"),
                    Argument::string("member"),
                ],
            )
            .multiple(),
        ],
        history: &[("6.2.0", "The options CH, NX and XX.")],
        ..CommandSpec::DEFAULT
    },
    geoadd,
);

use crate::arguments::is;

/// Becomes a ZADD, for all that follows from it and for replicas.
fn geoadd(context: &mut Context<'_>) -> CommandResult {
    let words = &context.argv[2..];
    let is_option = |word: &&&[u8]| ["NX", "XX", "CH"].iter().any(|option| is(word, option));
    let (options, places) = words.split_at(words.iter().take_while(is_option).count());
    let has = |option: &str| options.iter().any(|word| is(word, option));
    let (places, rest) = places.as_chunks::<3>();
    if !rest.is_empty() || has("NX") && has("XX") {
        return Err(error::SYNTAX);
    }
    let score = |[longitude, latitude, _]: &[&[u8]; 3]| {
        let point = super::point(longitude, latitude)?;
        Ok(point.hash().to_string().into_bytes())
    };
    let scores: Vec<Vec<u8>> = places.iter().map(score).collect::<Result<_, CommandError>>()?;
    let mut argv: Vec<&[u8]> = vec![b"zadd", context.argv[1]];
    argv.extend_from_slice(options);
    for (score, [_, _, member]) in scores.iter().zip(places) {
        argv.extend([score, *member]);
    }
    context.rewrite(&argv);
    crate::sorted_set::zadd::zadd(&mut Context {
        state: context.state,
        reply: context.reply,
        argv: &argv,
        client: context.client,
        db: context.db,
        command: context.command,
    })
}
