//! RESTORE-ASKING: RESTORE as it is sent to a cluster node that imports the key's slot.

use command_spec::*;
use engine::*;

pub const RESTORE_ASKING: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "restore-asking",
        group: Group::Server,
        summary: "Makes a key from the bytes that DUMP returned, in a slot that is being imported.",
        since: "3.0.0",
        complexity: "O(N*M) with the number of elements and their average size; for sorted sets O(N*M*log(N)).",
        arity: -4,
        flags: flag::ASKING | flag::DENYOOM | flag::WRITE,
        categories: category::DANGEROUS | category::KEYSPACE | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::OW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("ttl"),
            Argument::string("serialized-value"),
            Argument::pure_token("replace", "REPLACE").since("3.0.0").optional(),
            Argument::pure_token("absttl", "ABSTTL").since("5.0.0").optional(),
            Argument::integer("seconds").token("IDLETIME").since("5.0.0").optional(),
            Argument::integer("frequency").token("FREQ").since("5.0.0").optional(),
        ],
        syscmd: true,
        history: &[
            ("3.0.0", "The option REPLACE."),
            ("5.0.0", "The option ABSTTL."),
            ("5.0.0", "The options IDLETIME and FREQ."),
        ],
        ..CommandSpec::DEFAULT
    },
    restore_asking,
);

fn restore_asking(context: &mut Context<'_>) -> CommandResult {
    crate::generic::restore::restore(context)
}
