//! ACL: container of the commands about users; the default user is the only one until the ACL issue.

use command_spec::*;
use engine::*;

use crate::arguments::{integer, is};

pub const ACL_CAT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "cat",
        group: Group::Server,
        summary: "Lists categories, or the commands of one.",
        since: "6.0.0",
        complexity: "O(N) where N is the number of commands.",
        arity: -2,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::SLOW,
        arguments: &[Argument::string("category").optional()],
        ..CommandSpec::DEFAULT
    },
    cat,
);

pub const ACL_GENPASS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "genpass",
        group: Group::Server,
        summary: "Makes a random password.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: -2,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::SLOW,
        arguments: &[Argument::integer("bits").optional()],
        ..CommandSpec::DEFAULT
    },
    genpass,
);

pub const ACL_GETUSER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getuser",
        group: Group::Server,
        summary: "Shows what a user may do.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::string("username")],
        ..CommandSpec::DEFAULT
    },
    getuser,
);

pub const ACL_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Server,
        summary: "Lists the subcommands.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const ACL_LIST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "list",
        group: Group::Server,
        summary: "Lists the users with what they may do.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    list,
);

pub const ACL_LOG: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "log",
        group: Group::Server,
        summary: "Shows recent refusals.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: -2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::one_of(
            "operation",
            &[Argument::integer("count"), Argument::pure_token("reset", "RESET")],
        )
        .optional()],
        ..CommandSpec::DEFAULT
    },
    log,
);

pub const ACL_USERS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "users",
        group: Group::Server,
        summary: "Lists the names of the users.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    users,
);

pub const ACL_WHOAMI: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "whoami",
        group: Group::Server,
        summary: "Shows the user of the connection.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    whoami,
);

pub const ACL: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "acl",
        group: Group::Server,
        summary: "Container of the commands about users.",
        since: "6.0.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    acl,
    &[
        &ACL_CAT,
        &ACL_GENPASS,
        &ACL_GETUSER,
        &ACL_HELP,
        &ACL_LIST,
        &ACL_LOG,
        &ACL_USERS,
        &ACL_WHOAMI,
    ],
);

/// Bits of a random password when no number is given.
const PASSWORD_BITS_DEFAULT: i64 = 256;

fn acl(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn whoami(context: &mut Context<'_>) -> CommandResult {
    let user = context.client().user.clone();
    context.reply.bulk(user.as_bytes());
    Ok(())
}

fn users(context: &mut Context<'_>) -> CommandResult {
    context.reply.array(1);
    context.reply.bulk(b"default");
    Ok(())
}

fn sha256_hex(password: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(password).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How the default user authenticates, as the list of users spells it.
fn password_rule(context: &Context<'_>) -> String {
    let password = &context.state.config.requirepass;
    if password.is_empty() { "nopass".to_owned() } else { format!("#{}", sha256_hex(password)) }
}

fn list(context: &mut Context<'_>) -> CommandResult {
    let rule = password_rule(context);
    context.reply.array(1);
    context.reply.bulk(format!("user default on {rule} sanitize-payload ~* &* +@all").as_bytes());
    Ok(())
}

fn getuser(context: &mut Context<'_>) -> CommandResult {
    if context.argv[2] != b"default" {
        context.reply.null();
        return Ok(());
    }
    let password = context.state.config.requirepass.clone();
    let reply = &mut *context.reply;
    reply.map(6);
    reply.bulk(b"flags");
    let flags: &[&str] = if password.is_empty() {
        &["on", "nopass", "sanitize-payload"]
    } else {
        &["on", "sanitize-payload"]
    };
    reply.set(flags.len());
    for name in flags {
        reply.bulk(name.as_bytes());
    }
    reply.bulk(b"passwords");
    reply.array(usize::from(!password.is_empty()));
    if !password.is_empty() {
        reply.bulk(sha256_hex(&password).as_bytes());
    }
    for (name, value) in [("commands", "+@all"), ("keys", "~*"), ("channels", "&*")] {
        reply.bulk(name.as_bytes());
        reply.bulk(value.as_bytes());
    }
    reply.bulk(b"selectors");
    reply.array(0);
    Ok(())
}

fn cat(context: &mut Context<'_>) -> CommandResult {
    let Some(name) = context.argv.get(2) else {
        context.reply.array(category::NAMES.len());
        for (_, name) in category::NAMES {
            context.reply.bulk(name.as_bytes());
        }
        return Ok(());
    };
    let Some((bit, _)) = category::NAMES.iter().find(|(_, known)| is(name, known)) else {
        return Err(CommandError::err([b"Unknown category '", *name, b"'"].concat()));
    };
    let mut names = Vec::new();
    context.state.table.for_each(|command| {
        // A container has no category of its own but by its subcommands.
        if command.categories.get() & bit != 0 && !command.is_container() {
            names.push(command.full_name.clone());
        }
    });
    context.reply.array(names.len());
    for name in names {
        context.reply.bulk(name.as_bytes());
    }
    Ok(())
}

fn genpass(context: &mut Context<'_>) -> CommandResult {
    let bits = match context.argv.get(2) {
        None => PASSWORD_BITS_DEFAULT,
        Some(bits) => integer(bits)?,
    };
    if !(1..=4096).contains(&bits) {
        return Err(CommandError::err(
            "ACL GENPASS argument must be the number of bits for the output password, a positive \
             number up to 4096",
        ));
    }
    let digits = usize::try_from(bits).unwrap_or(0).div_ceil(4);
    let mut bytes = vec![0; digits.div_ceil(2)];
    if !(context.state.host.port.secure_random)(&mut bytes) {
        return Err(CommandError::err("No random bytes fit for a password are available"));
    }
    let mut text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    text.truncate(digits);
    context.reply.bulk(text.as_bytes());
    Ok(())
}

/// Nothing is refused yet, so nothing is logged.
fn log(context: &mut Context<'_>) -> CommandResult {
    match context.argv.get(2) {
        Some(word) if is(word, "reset") => context.reply.ok(),
        Some(count) => {
            integer(count)?;
            context.reply.array(0);
        }
        None => context.reply.array(0),
    }
    Ok(())
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "CAT [<category>]",
            "    List the categories, or the commands of one.",
            "GENPASS [<bits>]",
            "    Make a random password (default 256 bits).",
            "GETUSER <username>",
            "    Show what a user may do.",
            "LIST",
            "    List the users with what they may do, as in a file.",
            "LOG [<count> | RESET]",
            "    Show recent refusals.",
            "USERS",
            "    List the names of the users.",
            "WHOAMI",
            "    Show the user of this connection.",
        ],
    )
}
