//! XADD: add an entry to a stream.

use command_spec::*;
use engine::*;

pub const XADD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xadd",
        group: Group::Stream,
        summary: "Adds an entry to a stream; makes the stream if there is none.",
        since: "5.0.0",
        complexity: "O(1) without trimming; O(N) for N entries deleted by it, of which whole nodes go at once.",
        arity: -5,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::STREAM | category::WRITE,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec {
            flags: key_flag::RW | key_flag::UPDATE,
            begin: BeginSearch::Index(1),
            find: FindKeys::Range { last_key: 0, step: 1, limit: 0 },
            notes: Some("UPDATE and not INSERT, since entries may be deleted on the way."),
        }],
        arguments: &[
            Argument::key("key", 0),
            Argument::pure_token("nomkstream", "NOMKSTREAM").since("6.2.0").optional(),
            Argument::one_of(
                "condition",
                &[
                    Argument::pure_token("keepref", "KEEPREF"),
                    Argument::pure_token("delref", "DELREF"),
                    Argument::pure_token("acked", "ACKED"),
                ],
            )
            .optional(),
            Argument::one_of(
                "idmp",
                &[
                    Argument::string("pid").token("IDMPAUTO"),
                    Argument::block("idmp", &[Argument::string("pid"), Argument::string("iid")])
                        .token("IDMP"),
                ],
            )
            .since("8.6.0")
            .optional(),
            Argument::block(
                "trim",
                &[
                    Argument::one_of(
                        "strategy",
                        &[
                            Argument::pure_token("maxlen", "MAXLEN"),
                            Argument::pure_token("minid", "MINID").since("6.2.0"),
                        ],
                    ),
                    Argument::one_of(
                        "operator",
                        &[
                            Argument::pure_token("equal", "="),
                            Argument::pure_token("approximately", "~"),
                        ],
                    )
                    .optional(),
                    Argument::string("threshold"),
                    Argument::integer("count").token("LIMIT").since("6.2.0").optional(),
                ],
            )
            .optional(),
            Argument::one_of(
                "id-selector",
                &[Argument::pure_token("auto-id", "*"), Argument::string("id")],
            ),
            Argument::block("data", &[Argument::string("field"), Argument::string("value")])
                .multiple(),
        ],
        history: &[
            ("6.2.0", "Added the options NOMKSTREAM, MINID and LIMIT."),
            ("7.0.0", "`ms-*` leaves the number behind the time to the server."),
            ("8.2.0", "Added the options KEEPREF, DELREF and ACKED."),
        ],
        ..CommandSpec::DEFAULT
    },
    xadd,
);

use keyspace::stream::{IdText, NodeLimits, PartialId, StreamId, Trim};
use keyspace::{NewPayload, Stream, Value};
use xxhash_rust::xxh3::xxh3_128;

use super::trim_options::{Exactly, TrimOptions};
use super::{INVALID_ID, reply_id};
use crate::arguments;

const NOT_ABOVE_ZERO: CommandError =
    CommandError::constant("ERR The ID specified in XADD must be greater than 0-0");
const NOT_ABOVE_TOP: CommandError = CommandError::constant(
    "ERR The ID specified in XADD is equal or smaller than the target stream top item",
);
const EXHAUSTED: CommandError = CommandError::constant(
    "ERR The stream has exhausted the last possible ID, unable to add more items",
);
const TOO_LARGE: CommandError = CommandError::constant("ERR Elements are too large to be stored");
const IDEMPOTENT_TWICE: CommandError =
    CommandError::constant("ERR syntax error, IDMP/IDMPAUTO specified multiple times");
const IDEMPOTENT_EXPLICIT: CommandError = CommandError::constant(
    "ERR syntax error, IDMP/IDMPAUTO can be used only with auto-generated IDs",
);
const IDMP_WITHOUT_PRODUCER: CommandError =
    CommandError::constant("ERR syntax error, IDMP requires a non-empty producer ID");
const IDMP_WITHOUT_ID: CommandError =
    CommandError::constant("ERR syntax error, IDMP requires a non-empty idempotent ID");
const IDMPAUTO_WITHOUT_PRODUCER: CommandError =
    CommandError::constant("ERR syntax error, IDMPAUTO requires a non-empty producer ID");

/// How the ID of an entry is chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WantedId {
    Auto,
    AutoSeq(u64),
    Given(StreamId),
}

/// Who adds the entry, and under which idempotent ID; without one it follows from the fields.
struct Idempotent<'a> {
    producer: &'a [u8],
    id: Option<&'a [u8]>,
}

struct Options<'a> {
    no_make: bool,
    trim: TrimOptions,
    idempotent: Option<Idempotent<'a>>,
    id: WantedId,
    /// Index of the ID; fields and values follow.
    id_at: usize,
}

fn parse<'a>(context: &Context<'a>) -> Result<Options<'a>, CommandError> {
    let argv = context.argv;
    let (mut trim, mut no_make, mut idempotent) = (TrimOptions::default(), false, None);
    let mut at = 2;
    let id = loop {
        // That it lacks fields, too, is found behind what is wrong with the options.
        let Some(word) = argv.get(at).copied() else { break WantedId::Auto };
        if word == b"*" {
            break WantedId::Auto;
        }
        if arguments::is(word, "NOMKSTREAM") {
            no_make = true;
            at += 1;
            continue;
        }
        let words = match trim.read(argv, at)? {
            0 => read_idempotent(&argv[at..], &mut idempotent)?,
            words => words,
        };
        if words == 0 {
            break match PartialId::parse(word).ok_or(INVALID_ID)? {
                PartialId::Whole(id) => WantedId::Given(id),
                PartialId::Ms(ms) => WantedId::Given(StreamId::new(ms, 0)),
                PartialId::AutoSeq(ms) => WantedId::AutoSeq(ms),
            };
        }
        at += words;
    };
    // What is applied from a primary or the AOF has its ID already.
    if idempotent.is_some() && id != WantedId::Auto && !context.client().has(client_flag::MASTER) {
        return Err(IDEMPOTENT_EXPLICIT);
    }
    Ok(Options { no_make, trim, idempotent, id, id_at: at })
}

/// Reads IDMP or IDMPAUTO; the number of words, 0 if it is neither.
fn read_idempotent<'a>(
    words: &[&'a [u8]],
    idempotent: &mut Option<Idempotent<'a>>,
) -> Result<usize, CommandError> {
    let (read, taken) = match words {
        [word, producer, id, ..] if arguments::is(word, "IDMP") => {
            (Idempotent { producer, id: Some(id) }, 3)
        }
        [word, producer, ..] if arguments::is(word, "IDMPAUTO") => {
            (Idempotent { producer, id: None }, 2)
        }
        _ => return Ok(0),
    };
    let without_producer = match read.id {
        Some(_) => IDMP_WITHOUT_PRODUCER,
        None => IDMPAUTO_WITHOUT_PRODUCER,
    };
    if idempotent.is_some() {
        return Err(IDEMPOTENT_TWICE);
    }
    if read.producer.is_empty() {
        return Err(without_producer);
    }
    if read.id.is_some_and(<[u8]>::is_empty) {
        return Err(IDMP_WITHOUT_ID);
    }
    *idempotent = Some(read);
    Ok(taken)
}

/// An idempotent ID that follows from fields and values, in whatever order the fields are.
fn id_of_content(fields: &[&[u8]]) -> [u8; 16] {
    let mut sum = 0u128;
    let mut bytes = Vec::new();
    for pair in fields.chunks(2) {
        bytes.clear();
        for text in pair {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text);
        }
        sum = sum.wrapping_add(xxh3_128(&bytes));
    }
    sum.to_be_bytes()
}

/// What came of a call.
struct Added {
    id: StreamId,
    /// The entry had been added already, under the same idempotent ID.
    repeated: bool,
    trimmed: u64,
    exactly: Option<Exactly>,
}

/// How entries are added now.
struct Circumstances {
    limits: NodeLimits,
    trim: Option<Trim>,
    now_ms: i64,
}

fn xadd(context: &mut Context<'_>) -> CommandResult {
    let (argv, db) = (context.argv, context.db);
    let options = parse(context)?;
    let trim = options.trim.finish(context)?;
    let fields = argv.get(options.id_at + 1..).unwrap_or_default();
    if fields.is_empty() || fields.len() % 2 != 0 {
        return Err(error::wrong_arity(&context.command.full_name));
    }
    if options.id == WantedId::Given(StreamId::MIN) {
        return Err(NOT_ABOVE_ZERO);
    }
    let now =
        Circumstances { limits: context.state.stream_limits(), trim, now_ms: context.now_ms() };
    let added = match context.state.stream_to_write(db, argv[1])? {
        Some(stream) => add(stream, &options, fields, &now)?,
        None if options.no_make => {
            context.reply.null_bulk();
            return Ok(());
        }
        None => {
            let mut stream = context.state.new_stream();
            let added = add(&mut stream, &options, fields, &now)?;
            let value = NewPayload::Value(Value::Stream(Box::new(stream)));
            context.state.add_key(db, argv[1], value, None);
            added
        }
    };
    reply_id(context.reply, added.id);
    context.dirty(1);
    if added.repeated {
        return Ok(());
    }
    if options.idempotent.is_some() {
        context.state.db_mut(db).stream_changed(argv[1]);
    }
    context.modified(argv[1]);
    context.state.signal_key_ready(db, argv[1]);
    context.notify(notify::class::STREAM, "xadd", argv[1]);
    if added.trimmed > 0 {
        context.notify(notify::class::STREAM, "xtrim", argv[1]);
    }
    propagate(context, &options, &added);
    Ok(())
}

/// Adds the entry, and trims the stream.
fn add(
    stream: &mut Stream,
    options: &Options<'_>,
    fields: &[&[u8]],
    now: &Circumstances,
) -> Result<Added, CommandError> {
    if stream.last_id == StreamId::MAX {
        return Err(EXHAUSTED);
    }
    let mut content_id = [0; 16];
    let idempotent = options.idempotent.as_ref().map(|idempotent| {
        let id = idempotent.id.unwrap_or_else(|| {
            content_id = id_of_content(fields);
            &content_id
        });
        (idempotent.producer, id)
    });
    if let Some((producer, id)) = idempotent
        && let Some(memory) = stream.idempotence_mut()
        && let Some(id) = memory.find(producer, id)
    {
        memory.duplicates += 1;
        return Ok(Added { id, repeated: true, trimmed: 0, exactly: None });
    }
    let id = match options.id {
        WantedId::Auto => stream.next_id(now.now_ms).ok_or(EXHAUSTED)?,
        WantedId::AutoSeq(ms) => stream.next_id_at(ms).ok_or(NOT_ABOVE_TOP)?,
        WantedId::Given(id) => id,
    };
    if id <= stream.last_id {
        return Err(NOT_ABOVE_TOP);
    }
    if !Stream::takes(fields) {
        return Err(TOO_LARGE);
    }
    stream.append(id, fields, &now.limits);
    if let Some((producer, idempotent_id)) = idempotent {
        let limits = stream.idempotence_limits;
        stream.idempotence_or_new().record(producer, idempotent_id, id, &limits);
    }
    let trimmed = now.trim.as_ref().map_or(0, |trim| stream.trim(trim));
    Ok(Added { id, repeated: false, trimmed, exactly: options.trim.exactly(stream) })
}

/// Propagates the ID that was given out, and what exactly was trimmed.
fn propagate(context: &mut Context<'_>, options: &Options<'_>, added: &Added) {
    let has_id = matches!(options.id, WantedId::Given(_));
    if (has_id && added.exactly.is_none()) || !context.state.propagation.is_wanted() {
        return;
    }
    let mut text = IdText::default();
    let mut words = context.argv.to_vec();
    if !has_id {
        words[options.id_at] = added.id.text(&mut text);
    }
    if let Some(exactly) = &added.exactly {
        exactly.replace(&mut words);
    }
    context.rewrite(&words);
}
