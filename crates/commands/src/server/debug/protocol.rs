//! DEBUG PROTOCOL, ERROR, STRINGMATCH-LEN: replies of every type, for tests of clients.

use engine::{CommandError, CommandResult, Context};

const NO_RESP2: CommandError = CommandError::constant("ERR RESP2 is not supported by this command");

pub fn protocol(context: &mut Context<'_>) -> CommandResult {
    let kind = context.argv[2].to_ascii_lowercase();
    let reply = &mut *context.reply;
    match kind.as_slice() {
        b"string" => reply.bulk(b"Hello World"),
        b"integer" => reply.integer(12345),
        #[allow(clippy::approx_constant, reason = "the number that Redis sends")]
        b"double" => reply.double(3.141),
        b"null" => reply.null(),
        b"array" => {
            reply.array(3);
            (0..3).for_each(|number| reply.integer(number));
        }
        b"set" => {
            reply.set(3);
            (0..3).for_each(|number| reply.integer(number));
        }
        b"map" => {
            reply.map(3);
            for number in 0..3 {
                reply.integer(number);
                reply.boolean(number == 1);
            }
        }
        b"attrib" => {
            if reply.resp3() {
                reply.attribute(1);
                reply.bulk(b"key-popularity");
                reply.array(2);
                reply.bulk(b"key:123");
                reply.integer(90);
            }
            reply.bulk(b"Some real reply following the attribute");
        }
        b"push" => {
            if !reply.resp3() {
                return Err(NO_RESP2);
            }
            reply.push(2);
            reply.bulk(b"server-cpu-usage");
            reply.integer(42);
        }
        b"true" => reply.boolean(true),
        b"false" => reply.boolean(false),
        b"verbatim" => reply.verbatim("txt", b"This is a verbatim\nstring"),
        b"bignum" => reply.big_number(b"1234567999999999999999999999999999999"),
        _ => {
            return Err(CommandError::err(
                "Wrong protocol type name. Please use one of the following: \
                 string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
            ));
        }
    }
    Ok(())
}

pub fn error_reply(context: &mut Context<'_>) -> CommandResult {
    Err(CommandError::owned(context.argv[2]))
}

/// `DEBUG STRINGMATCH-LEN pattern text`
pub fn stringmatch_len(context: &mut Context<'_>) -> CommandResult {
    let matches = stdx::glob::matches(context.argv[2], context.argv[3], false);
    context.reply.integer(i64::from(matches));
    Ok(())
}
