//! DIGEST: a hash of a string, to compare it by.

use command_spec::*;
use engine::*;

pub const DIGEST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "digest",
        group: Group::String,
        summary: "Returns the XXH3 hash of a string, in hexadecimal digits.",
        since: "8.4.0",
        complexity: "O(N) with the length of the string.",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::STRING,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    digest,
);

use keyspace::string::StringBuffer;

fn digest(context: &mut Context<'_>) -> CommandResult {
    match context.state.lookup_read(context.db, context.argv[1]) {
        None => context.reply.null(),
        Some(record) => {
            let mut buffer = StringBuffer::new();
            let digest = crate::string::digest(crate::string::bytes(record, &mut buffer)?);
            context.reply.bulk(digest.as_bytes());
        }
    }
    Ok(())
}
