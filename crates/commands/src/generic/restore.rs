//! RESTORE: makes a key from the bytes that DUMP returned.

use command_spec::*;
use engine::*;

pub const RESTORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "restore",
        group: Group::Generic,
        summary: "Makes a key from the bytes that DUMP returned.",
        since: "2.6.0",
        complexity: "O(N*M) with the number of elements and their average size; for sorted sets O(N*M*log(N)).",
        arity: -4,
        flags: flag::DENYOOM | flag::WRITE,
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
        history: &[
            ("3.0.0", "The option REPLACE."),
            ("5.0.0", "The option ABSTTL."),
            ("5.0.0", "The options IDLETIME and FREQ."),
        ],
        ..CommandSpec::DEFAULT
    },
    restore,
);

use config::enums::SanitizeDumpPayload;
use engine::guests::Restored;
use keyspace::metadata::KeyMetadata;
use keyspace::module::Place;
use keyspace::{NewPayload, Type, type_of};
use persistence::rdb;
use persistence::rdb::value::Loaded;

use crate::arguments;

const INVALID_TTL: CommandError = CommandError::constant("ERR Invalid TTL value, must be >= 0");
const INVALID_IDLE_TIME: CommandError =
    CommandError::constant("ERR Invalid IDLETIME value, must be >= 0");
const INVALID_FREQUENCY: CommandError =
    CommandError::constant("ERR Invalid FREQ value, must be >= 0 and <= 255");
const WRONG_PAYLOAD: CommandError =
    CommandError::constant("ERR DUMP payload version or checksum are wrong");
const BAD_FORMAT: CommandError = CommandError::constant("ERR Bad data format");

#[derive(Default)]
struct Options {
    replace: bool,
    absolute: bool,
    idle_s: Option<i64>,
    frequency: Option<u8>,
}

fn parse(words: &[&[u8]]) -> Result<Options, CommandError> {
    let mut options = Options::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if arguments::is(word, "REPLACE") {
            options.replace = true;
        } else if arguments::is(word, "ABSTTL") {
            options.absolute = true;
        } else if arguments::is(word, "IDLETIME")
            && options.frequency.is_none()
            && let Some(argument) = words.next()
        {
            let idle_s = arguments::integer(argument)?;
            options.idle_s = Some(idle_s).filter(|idle_s| *idle_s >= 0);
            options.idle_s.ok_or(INVALID_IDLE_TIME)?;
        } else if arguments::is(word, "FREQ")
            && options.idle_s.is_none()
            && let Some(argument) = words.next()
        {
            let frequency = arguments::integer(argument)?;
            let frequency = u8::try_from(frequency).map_err(|_| INVALID_FREQUENCY)?;
            options.frequency = Some(frequency);
        } else {
            return Err(error::SYNTAX);
        }
    }
    Ok(options)
}

type Unpacked<'a> = (Restored<'a>, Option<Box<dyn KeyMetadata>>);

pub(crate) fn restore(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let options = parse(&context.argv[4..])?;
    let old_type = context.state.lookup_write(db, key).map(|record| type_of(record));
    if old_type.is_some() && !options.replace {
        return Err(error::BUSYKEY);
    }
    let ttl_ms = arguments::integer(context.argv[2])?;
    if ttl_ms < 0 {
        return Err(INVALID_TTL);
    }
    let skip_checksum = context.state.saving.skip_checksum;
    let body = rdb::dump::verify(context.argv[3], skip_checksum).map_err(|_| WRONG_PAYLOAD)?;
    let (loaded, metadata) = unpack(context, body)?;
    let base_ms = if options.absolute { 0 } else { context.now_ms() };
    // With Redis a sum that is too large for a time lies in the past.
    let expiry_ms = (ttl_ms > 0).then(|| ttl_ms.checked_add(base_ms).unwrap_or(1));
    let lazy = context.state.config.lazyfree_lazy_server_del;
    if old_type.is_some() {
        context.state.delete_key(db, key, lazy);
    }
    context.reply.ok();
    if expiry_ms.is_some_and(|ms| ms <= context.now_ms()) && context.state.may_delete_expired() {
        context.state.stats.expired_keys += 1;
        if old_type.is_some() {
            context.dirty(1);
            context.rewrite(&[if lazy { b"UNLINK".as_slice() } else { b"DEL" }, key]);
            context.notify(notify::class::GENERIC, "del", key);
        }
        return Ok(());
    }
    store(context, loaded, metadata, expiry_ms, &options, old_type);
    propagate(context, expiry_ms, &options);
    Ok(())
}

/// The value in the body of a payload, and what modules have attached to its key.
fn unpack<'a>(context: &mut Context<'a>, body: &'a [u8]) -> Result<Unpacked<'a>, CommandError> {
    let place = Place { db: Some(context.db), key: context.argv[1] };
    let limits = context.state.rdb_limits(context.db);
    let refuse = |state: &mut State, reason: String| {
        state.log(effect::LogLevel::Warning, format!("RESTORE: {reason}"));
        BAD_FORMAT
    };
    let (saved, body) = rdb::dump::split_metadata(body)
        .map_err(|error| refuse(context.state, error.to_string()))?;
    let loaded =
        rdb::dump::load(body, &limits).map_err(|error| refuse(context.state, error.to_string()))?;
    check_module_value(context, &loaded)?;
    let restored =
        context.state.restored(loaded, place).map_err(|reason| refuse(context.state, reason))?;
    let Some(saved) = saved else { return Ok((restored, None)) };
    let metadata = context
        .state
        .read_metadata(saved, place)
        .map_err(|reason| refuse(context.state, reason))?;
    Ok((restored, metadata))
}

/// Values of modules that are not there are taken unseen. Where `sanitize-dump-payload` says that payloads are to be looked
/// into, they are refused, as they are by Redis.
fn check_module_value(context: &Context<'_>, loaded: &Loaded<'_>) -> CommandResult {
    let Loaded::Module { type_id, .. } = loaded else { return Ok(()) };
    let host = context.state.guests.modules.as_ref();
    if host.is_some_and(|host| host.has_type(*type_id)) {
        return Ok(());
    }
    let client = context.client();
    let is_looked_at = match context.state.config.sanitize_dump_payload {
        SanitizeDumpPayload::No => false,
        SanitizeDumpPayload::Yes => client.is_real(),
        SanitizeDumpPayload::Clients => client.is_real() && !client.user.skips_sanitizing(),
    };
    if is_looked_at { Err(BAD_FORMAT) } else { Ok(()) }
}

fn store(
    context: &mut Context<'_>,
    restored: Restored<'_>,
    metadata: Option<Box<dyn KeyMetadata>>,
    expiry_ms: Option<i64>,
    options: &Options,
    old_type: Option<Type>,
) {
    let (db, key) = (context.db, context.argv[1]);
    let now_ms = context.now_ms();
    let policy = context.state.access_policy;
    let payload = match restored {
        Restored::String(ref bytes) => keyspace::string::payload(bytes),
        Restored::Value(value) => NewPayload::Value(value),
    };
    let record = context.state.add_key(db, key, payload, expiry_ms);
    if let Some(access) = policy.restored(now_ms, options.idle_s, options.frequency) {
        record.set_access(access);
    }
    let new_type = type_of(record);
    context.state.attach_metadata(db, key, metadata);
    context.modified(key);
    context.dirty(1);
    context.notify(notify::class::GENERIC, "restore", key);
    if let Some(old_type) = old_type {
        context.notify(notify::class::OVERWRITTEN, "overwritten", key);
        if old_type != new_type {
            context.notify(notify::class::TYPE_CHANGED, "type_changed", key);
        }
    }
}

/// A time relative to now is propagated as a moment.
fn propagate(context: &mut Context<'_>, expiry_ms: Option<i64>, options: &Options) {
    let Some(expiry_ms) = expiry_ms.filter(|_| !options.absolute) else { return };
    let moment = expiry_ms.to_string();
    let mut argv = context.argv.to_vec();
    argv[2] = moment.as_bytes();
    argv.push(b"ABSTTL");
    context.rewrite(&argv);
}
