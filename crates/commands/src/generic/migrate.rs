//! MIGRATE: moves keys to another server.

use command_spec::*;
use engine::*;

pub const MIGRATE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "migrate",
        group: Group::Generic,
        summary: "Moves keys to another server, or copies them.",
        since: "2.6.0",
        complexity: "O(N*M) with the number of keys and their size, here and there.",
        arity: -6,
        flags: flag::MOVABLEKEYS | flag::WRITE,
        categories: category::DANGEROUS | category::KEYSPACE | category::SLOW | category::WRITE,
        tips: &["nondeterministic_output"],
        key_specs: &[
            KeySpec::at(3, key_flag::RW | key_flag::ACCESS | key_flag::DELETE),
            KeySpec {
                flags: key_flag::RW | key_flag::ACCESS | key_flag::DELETE | key_flag::INCOMPLETE,
                begin: BeginSearch::Keyword { keyword: "KEYS", start_from: -2 },
                find: FindKeys::Range { last_key: -1, step: 1, limit: 0 },
                notes: None,
            },
        ],
        arguments: &[
            Argument::string("host"),
            Argument::integer("port"),
            Argument::one_of(
                "key-selector",
                &[Argument::key("key", 0), Argument::pure_token("empty-string", "")],
            ),
            Argument::integer("destination-db"),
            Argument::integer("timeout"),
            Argument::pure_token("copy", "COPY").since("3.0.0").optional(),
            Argument::pure_token("replace", "REPLACE").since("3.0.0").optional(),
            Argument::one_of(
                "authentication",
                &[
                    Argument::string("auth").token("AUTH").display("password").since("4.0.7"),
                    Argument::block(
                        "auth2",
                        &[Argument::string("username"), Argument::string("password")],
                    )
                    .token("AUTH2")
                    .since("6.0.0"),
                ],
            )
            .optional(),
            Argument::key("keys", 1)
                .token("KEYS")
                .display("key")
                .since("3.0.6")
                .optional()
                .multiple(),
        ],
        history: &[
            ("3.0.0", "The options COPY and REPLACE."),
            ("3.0.6", "The option KEYS."),
            ("4.0.7", "The option AUTH."),
            ("6.0.0", "The option AUTH2."),
        ],
        ..CommandSpec::DEFAULT
    },
    migrate,
)
.with_get_keys(get_keys);

mod exchange;

use crate::arguments::{self, is};
use exchange::Exchange;

const KEY_NOT_EMPTY: CommandError = CommandError::constant(
    "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
);
/// What a timeout that is no time means.
const TIMEOUT_DEFAULT_MS: u64 = 1000;

/// What the call asks for.
struct Options<'a> {
    copy: bool,
    replace: bool,
    user: Option<&'a [u8]>,
    password: Option<&'a [u8]>,
    keys: &'a [&'a [u8]],
}

impl<'a> Options<'a> {
    fn parse(argv: &'a [&'a [u8]]) -> Result<Options<'a>, CommandError> {
        let mut options =
            Options { copy: false, replace: false, user: None, password: None, keys: &argv[3..4] };
        let mut at = 6;
        while let Some(word) = argv.get(at) {
            let left = argv.len() - at - 1;
            if is(word, "COPY") {
                options.copy = true;
            } else if is(word, "REPLACE") {
                options.replace = true;
            } else if is(word, "AUTH") && left >= 1 {
                options.password = Some(argv[at + 1]);
                at += 1;
            } else if is(word, "AUTH2") && left >= 2 {
                (options.user, options.password) = (Some(argv[at + 1]), Some(argv[at + 2]));
                at += 2;
            } else if is(word, "KEYS") {
                if !argv[3].is_empty() {
                    return Err(KEY_NOT_EMPTY);
                }
                options.keys = &argv[at + 1..];
                break;
            } else {
                return Err(error::SYNTAX);
            }
            at += 1;
        }
        Ok(options)
    }
}

/// The keys: the one argument, or all behind KEYS.
fn get_keys(argv: &[&[u8]]) -> Option<keys::FoundKeys> {
    let flags = key_flag::RW | key_flag::ACCESS | key_flag::DELETE;
    let mut positions = 3..4;
    let mut at = 6;
    while let Some(word) = argv.get(at) {
        if is(word, "KEYS") && at + 1 < argv.len() {
            if !argv.get(3)?.is_empty() {
                return None;
            }
            positions = at + 1..argv.len();
            break;
        }
        at += if is(word, "AUTH") {
            2
        } else if is(word, "AUTH2") {
            3
        } else {
            1
        };
    }
    Some(positions.map(|position| keys::FoundKey { position, flags }).collect())
}

fn migrate(context: &mut Context<'_>) -> CommandResult {
    let argv = context.argv;
    let options = Options::parse(argv)?;
    let timeout_ms = arguments::integer(argv[5])?;
    let db = arguments::integer(argv[4])?;
    let timeout_ms =
        u64::try_from(timeout_ms).ok().filter(|ms| *ms > 0).unwrap_or(TIMEOUT_DEFAULT_MS);
    let mut keys = options.keys.to_vec();
    keys.retain(|key| context.state.lookup_read(context.db, key).is_some());
    if keys.is_empty() {
        context.reply.simple("NOKEY");
        return Ok(());
    }
    let exchange = Exchange { options: &options, keys: &keys, db, timeout_ms };
    let outcome = exchange.run(context)?;
    if !options.copy && !outcome.accepted.is_empty() {
        delete(context, &outcome.accepted);
    }
    match outcome.error {
        Some(error) => context.reply_error(&error),
        None => context.reply.ok(),
    }
    Ok(())
}

/// The keys that the other server has live there now.
fn delete(context: &mut Context<'_>, keys: &[&[u8]]) {
    for key in keys {
        let lazy = context.state.config.lazyfree_lazy_server_del;
        if context.state.delete_key(context.db, key, lazy) {
            context.dirty(1);
            context.notify(notify::class::GENERIC, "del", key);
        }
    }
    context.rewrite(&[&[b"DEL".as_slice()], keys].concat());
}
