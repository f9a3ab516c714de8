//! SPOP: takes random members from a set.

use command_spec::*;
use engine::*;

pub const SPOP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "spop",
        group: Group::Set,
        summary: "Removes and returns one or more random members of a set.",
        since: "1.0.0",
        complexity: "O(1) without a count, else O(N); N is the count.",
        arity: -2,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::SET | category::WRITE,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::integer("count").since("3.2.0").optional()],
        history: &[("3.2.0", "Takes a count.")],
        ..CommandSpec::DEFAULT
    },
    spop,
);

use keyspace::element::to_vec;
use stdx::random::SplitMix64;

use super::srandmember::different;
use crate::collection::{positive_count, reply_element};

/// Members that one propagated SREM takes away.
const MEMBERS_PER_REMOVAL: usize = 1024;

fn spop(context: &mut Context<'_>) -> CommandResult {
    match &context.argv[2..] {
        [] => pop_one(context),
        [count] => pop_several(context, positive_count(count)?),
        _ => Err(error::SYNTAX),
    }
}

fn pop_one(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let mut random = SplitMix64::new(context.state.random_u64());
    let Some(set) = context.state.set_to_write(db, key)? else {
        context.reply.null();
        return Ok(());
    };
    let Some(member) = set.random(&mut || random.next_u64()).map(to_vec) else { return Ok(()) };
    set.remove(&member);
    context.reply.bulk(&member);
    context.rewrite(&[b"SREM", key, &member]);
    finish(context, 1);
    Ok(())
}

fn finish(context: &mut Context<'_>, popped: usize) {
    let key = context.argv[1];
    context.modified(key);
    context.notify(notify::class::SET, "spop", key);
    context.state.delete_if_empty(context.db, key);
    context.dirty(popped as u64);
}

fn pop_several(context: &mut Context<'_>, count: usize) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let mut random = SplitMix64::new(context.state.random_u64());
    let Some(set) = context.state.set_to_write(db, key)?.filter(|_| count > 0) else {
        context.reply.set(0);
        return Ok(());
    };
    if count >= set.len() {
        let len = set.len();
        context.reply.set(len);
        set.for_each(|element| reply_element(context.reply, element));
        context.notify(notify::class::SET, "spop", key);
        let lazy = context.state.config.lazyfree_lazy_server_del;
        context.state.delete_key(db, key, lazy);
        context.notify(notify::class::GENERIC, "del", key);
        let verb: &[u8] = if lazy { b"UNLINK" } else { b"DEL" };
        context.rewrite(&[verb, key]);
        context.dirty(len as u64);
        return Ok(());
    }
    let mut members = Vec::with_capacity(count);
    different(set, count, &mut || random.next_u64(), |element| members.push(to_vec(element)));
    context.reply.set(members.len());
    for member in &members {
        set.remove(member);
        context.reply.bulk(member);
    }
    let removal = |members: &'_ [Vec<u8>]| -> Vec<Vec<u8>> {
        [b"SREM".to_vec(), key.to_vec()].into_iter().chain(members.iter().cloned()).collect()
    };
    if members.len() <= MEMBERS_PER_REMOVAL {
        let words = removal(&members);
        context.rewrite(&words.iter().map(Vec::as_slice).collect::<Vec<_>>());
    } else {
        for batch in members.chunks(MEMBERS_PER_REMOVAL) {
            let words = removal(batch);
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            context.state.propagation.also(context.db, &words);
        }
        context.prevent_propagation();
    }
    finish(context, members.len());
    Ok(())
}
