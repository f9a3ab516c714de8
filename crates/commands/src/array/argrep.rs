//! ARGREP: returns the indexes of the elements in a range of an array whose text is as described.

use command_spec::*;
use engine::*;

pub const ARGREP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "argrep",
        group: Group::Array,
        summary: "Returns the indexes of the elements in a range of an array whose text is as described.",
        since: "8.8.0",
        complexity: "O(P*C); P is the number of places looked at in the slices touched, C the cost of the predicates for one element.",
        arity: -6,
        flags: flag::READONLY,
        categories: category::ARRAY | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("start"),
            Argument::string("end"),
            Argument::one_of(
                "predicate",
                &[
                    Argument::block(
                        "exact",
                        &[Argument::pure_token("exact", "EXACT"), Argument::string("string")],
                    ),
                    Argument::block(
                        "match",
                        &[Argument::pure_token("match", "MATCH"), Argument::string("string")],
                    ),
                    Argument::block(
                        "glob",
                        &[Argument::pure_token("glob", "GLOB"), Argument::string("pattern")],
                    ),
                    Argument::block(
                        "re",
                        &[Argument::pure_token("re", "RE"), Argument::string("pattern")],
                    ),
                ],
            )
            .multiple(),
            Argument::one_of(
                "options",
                &[
                    Argument::pure_token("and", "AND"),
                    Argument::pure_token("or", "OR"),
                    Argument::integer("limit").token("LIMIT"),
                    Argument::pure_token("withvalues", "WITHVALUES"),
                    Argument::pure_token("nocase", "NOCASE"),
                ],
            )
            .optional()
            .multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    argrep,
);

use keyspace::Array;
use keyspace::array::CellText;
use stdx::regex::{Regex, RegexError};

use super::{Range, index, limit, reply_number, reply_pair};
use crate::arguments;

const PREDICATES_MAX: usize = 250;
const REGEX_BYTES_MAX: usize = 2048;

const TOO_MANY_PREDICATES: CommandError =
    CommandError::constant("ERR too many predicates, maximum is 250");
const REGEX_TOO_LONG: CommandError =
    CommandError::constant("ERR regular expression is too long, maximum is 2048 bytes");
const REGEX_EMPTY: CommandError = CommandError::constant("ERR regular expression is empty");
const BACK_REFERENCES: CommandError =
    CommandError::constant("ERR regular expression backreferences are not supported");

/// What an element's text must be.
enum Predicate<'a> {
    Exact(&'a [u8]),
    Contains(&'a [u8]),
    Glob(&'a [u8]),
    Regex(Regex),
}

struct Options<'a> {
    /// With the word that tells their kind.
    predicates: Vec<(&'a [u8], &'a [u8])>,
    all_must_hold: bool,
    with_values: bool,
    ignore_case: bool,
    most: usize,
}

fn argrep(context: &mut Context<'_>) -> CommandResult {
    let (from, to) = (Bound::parse(context.argv[2])?, Bound::parse(context.argv[3])?);
    let options = Options::parse(&context.argv[4..])?;
    let mut predicates = options.compile()?;
    let reply = &mut *context.reply;
    let Some(array) = context.state.array_to_read(context.db, context.argv[1])? else {
        reply.array(0);
        return Ok(());
    };
    let range = Range::between(from.resolve(array), to.resolve(array));
    let (mut count, mut buffer) = (0, CellText::default());
    let place = reply.defer_array();
    for (index, cell) in range.elements(array) {
        let text = buffer.of(cell);
        if !options.hold(&mut predicates, text) {
            continue;
        }
        if options.with_values {
            reply_pair(reply, index, cell);
        } else {
            reply_number(reply, index);
        }
        count += 1;
        if count == options.most {
            break;
        }
    }
    reply.finish_array(place, count);
    Ok(())
}

/// An end of the range.
#[derive(Clone, Copy)]
enum Bound {
    First,
    Last,
    Index(u64),
}

impl Bound {
    fn parse(word: &[u8]) -> Result<Self, CommandError> {
        match word {
            b"-" => Ok(Bound::First),
            b"+" => Ok(Bound::Last),
            _ => index(word).map(Bound::Index),
        }
    }

    fn resolve(self, array: &Array) -> u64 {
        match self {
            Bound::First => 0,
            Bound::Last => array.len().saturating_sub(1),
            Bound::Index(index) => index,
        }
    }
}

impl<'a> Options<'a> {
    fn parse(words: &[&'a [u8]]) -> Result<Self, CommandError> {
        let mut options = Options {
            predicates: Vec::new(),
            all_must_hold: false,
            with_values: false,
            ignore_case: false,
            most: usize::MAX,
        };
        let mut words = words;
        loop {
            words = match words {
                [] => break,
                [kind, text, rest @ ..] if is_predicate(kind) => {
                    if options.predicates.len() == PREDICATES_MAX {
                        return Err(TOO_MANY_PREDICATES);
                    }
                    if arguments::is(kind, "RE") && text.len() > REGEX_BYTES_MAX {
                        return Err(REGEX_TOO_LONG);
                    }
                    options.predicates.push((kind, text));
                    rest
                }
                [word, count, rest @ ..] if arguments::is(word, "LIMIT") => {
                    options.most = limit(count)?;
                    rest
                }
                [word, rest @ ..] => {
                    options.flag(word)?;
                    rest
                }
            };
        }
        if options.predicates.is_empty() { Err(error::SYNTAX) } else { Ok(options) }
    }

    fn flag(&mut self, word: &[u8]) -> CommandResult {
        if arguments::is(word, "AND") {
            self.all_must_hold = true;
        } else if arguments::is(word, "OR") {
            self.all_must_hold = false;
        } else if arguments::is(word, "WITHVALUES") {
            self.with_values = true;
        } else if arguments::is(word, "NOCASE") {
            self.ignore_case = true;
        } else {
            return Err(error::SYNTAX);
        }
        Ok(())
    }

    fn compile(&self) -> Result<Vec<Predicate<'a>>, CommandError> {
        let compiled = self.predicates.iter().map(|(kind, text)| {
            Ok(if arguments::is(kind, "EXACT") {
                Predicate::Exact(text)
            } else if arguments::is(kind, "MATCH") {
                Predicate::Contains(text)
            } else if arguments::is(kind, "GLOB") {
                Predicate::Glob(text)
            } else if text.is_empty() {
                return Err(REGEX_EMPTY);
            } else {
                Predicate::Regex(Regex::new(text, self.ignore_case).map_err(bad_regex)?)
            })
        });
        compiled.collect()
    }

    fn hold(&self, predicates: &mut [Predicate<'_>], text: &[u8]) -> bool {
        let mut holds = |predicate: &mut Predicate<'_>| match predicate {
            Predicate::Exact(exact) if self.ignore_case => text.eq_ignore_ascii_case(exact),
            Predicate::Exact(exact) => text == *exact,
            Predicate::Contains(part) => contains(text, part, self.ignore_case),
            Predicate::Glob(pattern) => glob(pattern, text, self.ignore_case),
            Predicate::Regex(regex) => regex.is_match(text),
        };
        if self.all_must_hold {
            predicates.iter_mut().all(&mut holds)
        } else {
            predicates.iter_mut().any(&mut holds)
        }
    }
}

fn is_predicate(word: &[u8]) -> bool {
    ["EXACT", "MATCH", "GLOB", "RE"].into_iter().any(|name| arguments::is(word, name))
}

fn bad_regex(error: RegexError) -> CommandError {
    match error {
        RegexError::BackReference => BACK_REFERENCES,
        error => CommandError::err(format!("invalid regular expression: {}", error.text())),
    }
}

/// An empty text is matched by an empty pattern only, as in Redis.
fn glob(pattern: &[u8], text: &[u8], ignore_case: bool) -> bool {
    if text.is_empty() {
        pattern.is_empty()
    } else {
        stdx::glob::matches(pattern, text, ignore_case)
    }
}

fn contains(text: &[u8], part: &[u8], ignore_case: bool) -> bool {
    let Some(first) = part.first() else { return true };
    let Some(last_start) = text.len().checked_sub(part.len()) else { return false };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    text[..=last_start].iter().enumerate().any(|(start, byte)| {
        let here = &text[start..start + part.len()];
        if ignore_case {
            (*byte == lower || *byte == upper) && here.eq_ignore_ascii_case(part)
        } else {
            byte == first && here == part
        }
    })
}
