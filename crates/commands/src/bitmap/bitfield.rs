//! BITFIELD: integers of any width within a string.

use command_spec::*;
use engine::*;

pub const BITFIELD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "bitfield",
        group: Group::Bitmap,
        summary: "Reads, sets and increments integers of any width within a string.",
        since: "3.2.0",
        complexity: "O(1) for each operation.",
        arity: -2,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::BITMAP | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::at(
            1,
            key_flag::RW | key_flag::ACCESS | key_flag::UPDATE | key_flag::VARIABLE_FLAGS,
        )],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "operation",
                &[
                    Argument::block(
                        "get-block",
                        &[Argument::string("encoding"), Argument::integer("offset")],
                    )
                    .token("GET"),
                    Argument::block(
                        "write",
                        &[
                            Argument::one_of(
                                "overflow-block",
                                &[
                                    Argument::pure_token("wrap", "WRAP"),
                                    Argument::pure_token("sat", "SAT"),
                                    Argument::pure_token("fail", "FAIL"),
                                ],
                            )
                            .token("OVERFLOW")
                            .optional(),
                            Argument::one_of(
                                "write-operation",
                                &[
                                    Argument::block(
                                        "set-block",
                                        &[
                                            Argument::string("encoding"),
                                            Argument::integer("offset"),
                                            Argument::integer("value"),
                                        ],
                                    )
                                    .token("SET"),
                                    Argument::block(
                                        "incrby-block",
                                        &[
                                            Argument::string("encoding"),
                                            Argument::integer("offset"),
                                            Argument::integer("increment"),
                                        ],
                                    )
                                    .token("INCRBY"),
                                ],
                            ),
                        ],
                    ),
                ],
            )
            .optional()
            .multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    bitfield,
)
.with_get_keys(get_keys);

/// A call that only gets only reads.
fn get_keys(argv: &[&[u8]]) -> Option<keys::FoundKeys> {
    let mut rest = argv.get(2..)?;
    loop {
        rest = match rest {
            [word, _, _, behind @ ..] if arguments::is(word, "GET") => behind,
            [word, _, behind @ ..] if arguments::is(word, "OVERFLOW") => behind,
            _ => break,
        };
    }
    let flags = if rest.is_empty() {
        key_flag::RO | key_flag::ACCESS
    } else {
        key_flag::RW | key_flag::ACCESS | key_flag::UPDATE
    };
    Some(vec![keys::FoundKey { position: 1, flags }])
}

use keyspace::string::StringBuffer;
use structures::bitmap;

use crate::arguments;

const INVALID_TYPE: CommandError = CommandError::constant(
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
);

/// An integer's width and sign.
#[derive(Clone, Copy)]
struct IntegerType {
    signed: bool,
    width: u32,
}

impl IntegerType {
    fn parse(word: &[u8]) -> Result<IntegerType, CommandError> {
        let (signed, digits) = match word {
            [b'i', digits @ ..] => (true, digits),
            [b'u', digits @ ..] => (false, digits),
            _ => return Err(INVALID_TYPE),
        };
        let width_max = if signed { 64 } else { 63 };
        let width = arguments::integer_or(digits, INVALID_TYPE)?;
        let width = u32::try_from(width).ok().filter(|width| (1..=width_max).contains(width));
        Ok(IntegerType { signed, width: width.ok_or(INVALID_TYPE)? })
    }

    fn min(self) -> i128 {
        if self.signed { -(1 << (self.width - 1)) } else { 0 }
    }

    fn max(self) -> i128 {
        let bits = if self.signed { self.width - 1 } else { self.width };
        (1 << bits) - 1
    }

    /// The low bits of a number, read as this type.
    fn wrapped(self, number: i128) -> i128 {
        (number - self.min()).rem_euclid(1 << self.width) + self.min()
    }

    fn read(self, bytes: &[u8], offset: u64) -> i128 {
        self.wrapped(i128::from(bitmap::get_integer(bytes, offset, self.width)))
    }
}

/// What becomes of a number that does not fit.
#[derive(Clone, Copy)]
enum Overflow {
    Wrap,
    Saturate,
    Fail,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Get,
    Set(i64),
    Increment(i64),
}

#[derive(Clone, Copy)]
struct Operation {
    action: Action,
    integer: IntegerType,
    offset: u64,
    overflow: Overflow,
}

fn bitfield(context: &mut Context<'_>) -> CommandResult {
    run(context, false)
}

/// BITFIELD and BITFIELD_RO.
pub(super) fn run(context: &mut Context<'_>, read_only: bool) -> CommandResult {
    let operations = parse(context)?;
    let is_write = |operation: &&Operation| operation.action != Action::Get;
    if read_only && operations.iter().any(|operation| is_write(&operation)) {
        return Err(CommandError::constant("ERR BITFIELD_RO only supports the GET subcommand"));
    }
    let last_bit = operations
        .iter()
        .filter(is_write)
        .map(|operation| operation.offset + u64::from(operation.integer.width) - 1)
        .max();
    let Some(last_bit) = last_bit else {
        return read_all(context, &operations);
    };
    let key = context.argv[1];
    let reply = &mut Vec::with_capacity(operations.len());
    let (bytes, has_grown) = super::grown(context, key, last_bit)?;
    let mut changes = 0;
    for operation in &operations {
        let (result, is_changed) = perform(operation, bytes, has_grown);
        reply.push(result);
        changes += u64::from(is_changed);
    }
    if changes > 0 {
        super::changed(context, key, changes);
    }
    context.reply.array(reply.len());
    for result in reply {
        match result {
            Some(integer) => context.reply.integer(*integer),
            None => context.reply.null(),
        }
    }
    Ok(())
}

fn read_all(context: &mut Context<'_>, operations: &[Operation]) -> CommandResult {
    let mut buffer = StringBuffer::new();
    let bytes = match context.state.lookup_read(context.db, context.argv[1]) {
        Some(record) => crate::string::bytes(record, &mut buffer)?,
        None => &[],
    };
    context.reply.array(operations.len());
    for operation in operations {
        context.reply.integer(operation.integer.read(bytes, operation.offset) as i64);
    }
    Ok(())
}

/// Performs one operation; what is replied, and whether it changed anything.
fn perform(operation: &Operation, bytes: &mut [u8], has_grown: bool) -> (Option<i64>, bool) {
    let Operation { integer, offset, .. } = *operation;
    let old = integer.read(bytes, offset);
    let wanted = match operation.action {
        Action::Get => return (Some(old as i64), false),
        // A negative number for an unsigned integer is a very great one.
        Action::Set(value) if !integer.signed => i128::from(value as u64),
        Action::Set(value) => i128::from(value),
        Action::Increment(by) => old + i128::from(by),
    };
    let fits = (integer.min()..=integer.max()).contains(&wanted);
    let new = match operation.overflow {
        _ if fits => wanted,
        Overflow::Wrap => integer.wrapped(wanted),
        Overflow::Saturate => wanted.clamp(integer.min(), integer.max()),
        Overflow::Fail => return (None, false),
    };
    bitmap::set_integer(bytes, offset, integer.width, new as u64);
    let shown = if matches!(operation.action, Action::Set(_)) { old } else { new };
    (Some(shown as i64), old != new || has_grown)
}

fn parse(context: &Context<'_>) -> Result<Vec<Operation>, CommandError> {
    let mut operations = Vec::new();
    let mut overflow = Overflow::Wrap;
    let mut words = &context.argv[2..];
    while let [name, rest @ ..] = words {
        if arguments::is(name, "OVERFLOW") {
            let [kind, rest @ ..] = rest else { return Err(error::SYNTAX) };
            overflow = parse_overflow(kind)?;
            words = rest;
            continue;
        }
        let takes_value = arguments::is(name, "SET") || arguments::is(name, "INCRBY");
        if !takes_value && !arguments::is(name, "GET") {
            return Err(error::SYNTAX);
        }
        let taken = if takes_value { 3 } else { 2 };
        let (arguments, rest) = rest.split_at_checked(taken).ok_or(error::SYNTAX)?;
        let integer = IntegerType::parse(arguments[0])?;
        let offset = parse_offset(context.state, arguments[1], integer.width)?;
        let value = match arguments.get(2) {
            Some(value) => crate::arguments::integer(value)?,
            None => 0,
        };
        let action = match name.to_ascii_uppercase().as_slice() {
            b"GET" => Action::Get,
            b"SET" => Action::Set(value),
            _ => Action::Increment(value),
        };
        operations.push(Operation { action, integer, offset, overflow });
        words = rest;
    }
    Ok(operations)
}

fn parse_overflow(kind: &[u8]) -> Result<Overflow, CommandError> {
    [("WRAP", Overflow::Wrap), ("SAT", Overflow::Saturate), ("FAIL", Overflow::Fail)]
        .into_iter()
        .find(|(name, _)| arguments::is(kind, name))
        .map(|(_, overflow)| overflow)
        .ok_or(CommandError::constant("ERR Invalid OVERFLOW type specified"))
}

/// A place in bits, or behind `#` in integers of this width.
fn parse_offset(state: &State, word: &[u8], width: u32) -> Result<u64, CommandError> {
    let Some(index) = word.strip_prefix(b"#") else { return super::bit_offset(state, word) };
    let index = arguments::integer_or(index, super::OFFSET_OUT_OF_RANGE)?;
    let offset = index.checked_mul(i64::from(width)).ok_or(super::OFFSET_OUT_OF_RANGE)?;
    super::checked_offset(state, offset)
}
