//! ACL GENPASS: a random password.

use command_spec::*;
use engine::*;

use crate::arguments::integer;
use crate::help::wrong_subcommand;

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

/// Bits of a random password when no number is given.
const PASSWORD_BITS_DEFAULT: i64 = 256;
const PASSWORD_BITS_MAX: i64 = 4096;

fn genpass(context: &mut Context<'_>) -> CommandResult {
    let bits = match context.argv {
        [_, _] => PASSWORD_BITS_DEFAULT,
        [_, _, bits] => integer(bits)?,
        _ => return Err(wrong_subcommand("ACL", context.argv[1])),
    };
    if !(1..=PASSWORD_BITS_MAX).contains(&bits) {
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
    let mut text = stdx::text::hex(&bytes);
    text.truncate(digits);
    context.reply.bulk(text.as_bytes());
    Ok(())
}
