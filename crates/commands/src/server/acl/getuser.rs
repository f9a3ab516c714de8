//! ACL GETUSER: what a user may do.

use command_spec::*;
use engine::*;

use acl::Selector;
use resp::reply::Reply;

pub const ACL_GETUSER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getuser",
        group: Group::Server,
        summary: "Shows what a user may do.",
        since: "6.0.0",
        complexity: "O(N). Where N is the number of password, command and pattern rules that the user has.",
        arity: 3,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::string("username")],
        history: &[
            ("6.2.0", "Channel patterns are shown."),
            ("7.0.0", "Selectors are shown, and patterns as the rules that make them."),
        ],
        ..CommandSpec::DEFAULT
    },
    getuser,
);

fn getuser(context: &mut Context<'_>) -> CommandResult {
    let Some(user) = context.state.permissions.users.get(context.argv[2]).cloned() else {
        context.reply.null();
        return Ok(());
    };
    let reply = &mut *context.reply;
    reply.map(6);
    reply.bulk(b"flags");
    let flags = user.flags();
    reply.set(flags.len());
    for name in flags {
        reply.bulk(name.as_bytes());
    }
    reply.bulk(b"passwords");
    reply.array(user.passwords().len());
    for hash in user.passwords() {
        reply.bulk(hash.hex().as_bytes());
    }
    describe(user.root(), reply);
    reply.bulk(b"selectors");
    reply.array(user.further().len());
    for selector in user.further() {
        reply.map(3);
        describe(selector, reply);
    }
    Ok(())
}

type Describe = fn(&Selector, &mut Vec<u8>);

/// The three fields of a selector.
fn describe(selector: &Selector, reply: &mut Reply) {
    let parts: [(&str, Describe); 3] = [
        ("commands", Selector::describe_commands),
        ("keys", Selector::describe_keys),
        ("channels", Selector::describe_channels),
    ];
    for (name, write) in parts {
        let mut text = Vec::new();
        write(selector, &mut text);
        reply.bulk(name.as_bytes());
        reply.bulk(&text);
    }
}
