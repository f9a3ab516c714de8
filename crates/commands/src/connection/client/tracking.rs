//! CLIENT TRACKING: whether this connection is told when keys it has read change.

use command_spec::*;
use engine::*;

use crate::arguments::{integer, is};
use engine::tracking::{Tracker, TrackingOptions};

pub const CLIENT_TRACKING: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "tracking",
        group: Group::Connection,
        summary: "Chooses whether the connection is told when keys it has read change.",
        since: "6.0.0",
        complexity: "O(1). Some options may introduce additional complexity.",
        arity: -3,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        arguments: &[
            Argument::one_of(
                "status",
                &[Argument::pure_token("on", "ON"), Argument::pure_token("off", "OFF")],
            ),
            Argument::integer("client-id").token("REDIRECT").optional(),
            Argument::string("prefix").token("PREFIX").optional().multiple_token(),
            Argument::pure_token("bcast", "BCAST").optional(),
            Argument::pure_token("optin", "OPTIN").optional(),
            Argument::pure_token("optout", "OPTOUT").optional(),
            Argument::pure_token("noloop", "NOLOOP").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    tracking,
);

const OTHER_BROADCAST: CommandError = CommandError::constant(
    "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then \
     re-enabling it with a different mode.",
);
const OTHER_OPTION: CommandError = CommandError::constant(
    "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then \
     re-enabling it with a different mode.",
);

fn tracking(context: &mut Context<'_>) -> CommandResult {
    let options = parse(context)?;
    if is(context.argv[2], "on") {
        check(context, &options)?;
        context.state.enable_tracking(context.client, options);
    } else if is(context.argv[2], "off") {
        context.state.disable_tracking(context.client);
    } else {
        return Err(error::SYNTAX);
    }
    context.reply.ok();
    Ok(())
}

fn parse(context: &Context<'_>) -> Result<TrackingOptions, CommandError> {
    let mut options = TrackingOptions::default();
    let mut rest = context.argv.get(3..).unwrap_or(&[]);
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        if is(word, "bcast") {
            options.broadcast = true;
        } else if is(word, "optin") {
            options.opt_in = true;
        } else if is(word, "optout") {
            options.opt_out = true;
        } else if is(word, "noloop") {
            options.no_loop = true;
        } else if let Some((value, after)) = after.split_first()
            && is(word, "redirect")
        {
            rest = after;
            if options.redirect.is_some() {
                return Err(CommandError::err(
                    "A client can only redirect to a single other client",
                ));
            }
            options.redirect = redirect(context, value)?;
        } else if let Some((value, after)) = after.split_first()
            && is(word, "prefix")
        {
            rest = after;
            options.prefixes.push(Box::from(*value));
        } else {
            return Err(error::SYNTAX);
        }
    }
    Ok(options)
}

/// The client that is to be told; number 0 is the client itself.
fn redirect(context: &Context<'_>, word: &[u8]) -> Result<Option<Tracker>, CommandError> {
    let number = integer(word)?;
    if number == 0 {
        return Ok(None);
    }
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    match context.state.clients.by_number(number) {
        Some(client) => Ok(Some(Tracker { client, number })),
        None => Err(CommandError::err("The client ID you want redirect to does not exist")),
    }
}

/// Refuses what contradicts itself or the tracking that is on already.
fn check(context: &Context<'_>, options: &TrackingOptions) -> CommandResult {
    if !options.prefixes.is_empty() && !options.broadcast {
        return Err(CommandError::err("PREFIX option requires BCAST mode to be enabled"));
    }
    let before = context.client().tracking.as_deref();
    if before.is_some_and(|before| before.broadcast != options.broadcast) {
        return Err(OTHER_BROADCAST);
    }
    if options.broadcast && (options.opt_in || options.opt_out) {
        return Err(CommandError::err("OPTIN and OPTOUT are not compatible with BCAST"));
    }
    if options.opt_in && options.opt_out {
        return Err(CommandError::err("You can't specify both OPTIN mode and OPTOUT mode"));
    }
    if before.is_some_and(|before| {
        (options.opt_in && before.opt_out) || (options.opt_out && before.opt_in)
    }) {
        return Err(OTHER_OPTION);
    }
    let known = before.map(|before| before.prefixes.as_slice()).unwrap_or_default();
    check_prefixes(&options.prefixes, known)
}

/// No key may lie under two prefixes of one client.
fn check_prefixes(new: &[Box<[u8]>], known: &[Box<[u8]>]) -> CommandResult {
    let overlap = |one: &[u8], other: &[u8]| one.starts_with(other) || other.starts_with(one);
    let refuse = |prefix: &[u8], what: &str, other: &[u8]| {
        let text = [
            b"Prefix '",
            prefix,
            b"' overlaps with ",
            what.as_bytes(),
            b" prefix '",
            other,
            b"'. Prefixes for a single client must not overlap.",
        ];
        Err(CommandError::err(text.concat()))
    };
    for (index, prefix) in new.iter().enumerate() {
        if let Some(other) = known.iter().find(|other| overlap(prefix, other)) {
            return refuse(prefix, "an existing", other);
        }
        let behind = new.get(index + 1..).unwrap_or_default();
        if let Some(other) = behind.iter().find(|other| overlap(prefix, other)) {
            return refuse(prefix, "another provided", other);
        }
    }
    Ok(())
}
