//! MSET, MSETNX: set several string keys at once.

use command_spec::*;
use engine::*;

pub const MSET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "mset",
        group: Group::String,
        summary: "Sets keys to strings, all at once.",
        since: "1.0.1",
        complexity: "O(N) with the number of keys.",
        arity: -3,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::SLOW | category::STRING | category::WRITE,
        tips: &["request_policy:multi_shard", "response_policy:all_succeeded"],
        key_specs: &[KeySpec::range(1, -1, 2, key_flag::OW | key_flag::UPDATE)],
        arguments: &[Argument::block(
            "data",
            &[Argument::key("key", 0), Argument::string("value")],
        )
        .multiple()],
        ..CommandSpec::DEFAULT
    },
    mset,
);

pub const MSETNX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "msetnx",
        group: Group::String,
        summary: "Sets keys to strings, all at once, unless one of them exists.",
        since: "1.0.1",
        complexity: "O(N) with the number of keys.",
        arity: -3,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::SLOW | category::STRING | category::WRITE,
        key_specs: &[KeySpec::range(1, -1, 2, key_flag::OW | key_flag::INSERT)],
        arguments: &[Argument::block(
            "data",
            &[Argument::key("key", 0), Argument::string("value")],
        )
        .multiple()],
        ..CommandSpec::DEFAULT
    },
    msetnx,
);

use keyspace::SetExpiry;

fn mset(context: &mut Context<'_>) -> CommandResult {
    check_pairs(context)?;
    set_pairs(context);
    context.reply.ok();
    Ok(())
}

fn msetnx(context: &mut Context<'_>) -> CommandResult {
    check_pairs(context)?;
    let taken = context.argv[1..]
        .chunks_exact(2)
        .any(|pair| context.state.lookup_write(context.db, pair[0]).is_some());
    if !taken {
        set_pairs(context);
    }
    context.reply.integer(i64::from(!taken));
    Ok(())
}

fn check_pairs(context: &Context<'_>) -> CommandResult {
    if context.argv.len().is_multiple_of(2) {
        return Err(error::wrong_arity(&context.command.full_name));
    }
    Ok(())
}

fn set_pairs(context: &mut Context<'_>) {
    let pairs = &context.argv[1..];
    for pair in pairs.chunks_exact(2) {
        context.state.set_string(context.db, pair[0], pair[1], SetExpiry::Clear);
        context.notify(notify::class::STRING, "set", pair[0]);
    }
    context.dirty(pairs.len() as u64 / 2);
}
