//! Streams: the nodes of their entries, what is known of IDs, the groups, and the producers.

use keyspace::Stream;
use keyspace::stream::{IdempotenceLimits, StreamId};

use super::error::{RdbError, RdbResult};
use super::reader::Reader;
use super::value::{Form, listpack};
use super::writer::Writer;
use super::{stream_groups, type_code};
use crate::version::RDB_VERSION_7_0;

const BAD_NODE_KEY: RdbError =
    RdbError::Corrupt("Stream node key entry is not the size of a stream ID");
const BAD_NODE: RdbError = RdbError::Corrupt("Stream listpack integrity check failed.");
const BAD_LEN: RdbError =
    RdbError::Corrupt("Stream length inconsistent with rax entries: integrity check failed.");
const BAD_ENTRIES_ADDED: RdbError =
    RdbError::Corrupt("Stream entries_added inconsistent with length");
const BAD_LIMITS: RdbError = RdbError::Corrupt("Stream IDMP integrity check failed.");

pub(super) fn type_code_of(form: Form) -> u8 {
    match form {
        Form::OlderFile(RDB_VERSION_7_0) => type_code::STREAM_LISTPACKS_2,
        Form::OlderFile(_) => type_code::STREAM_LISTPACKS_3,
        Form::Payload | Form::File => type_code::STREAM_LISTPACKS_5,
    }
}

/// What the older of these types have no place for.
pub(super) fn unknown_to_older(stream: &Stream) -> Option<&'static str> {
    if stream.groups.iter().any(|group| group.released_len() > 0) {
        return Some("a stream with entries that were given back to their group");
    }
    if stream.idempotence().is_some() || stream.idempotence_limits != IdempotenceLimits::default() {
        return Some("a stream with idempotent producers");
    }
    None
}

pub(super) fn write(writer: &mut Writer, stream: &Stream, form: Form) {
    writer.length(stream.node_count() as u64);
    for (base, pack) in stream.nodes() {
        writer.length(16);
        writer.raw(&base.to_bytes());
        writer.string(pack);
    }
    writer.length(stream.len() as u64);
    write_id(writer, stream.last_id);
    write_id(writer, stream.first_id());
    write_id(writer, stream.max_deleted_id);
    writer.length(stream.entries_added);
    let code = type_code_of(form);
    stream_groups::write(writer, &stream.groups, stream.entries_added, code);
    if code == type_code::STREAM_LISTPACKS_5 {
        write_idempotence(writer, stream);
    }
}

/// An ID as two numbers.
pub(super) fn write_id(writer: &mut Writer, id: StreamId) {
    writer.length(id.ms);
    writer.length(id.seq);
}

fn write_idempotence(writer: &mut Writer, stream: &Stream) {
    let limits = stream.idempotence_limits;
    writer.length(limits.duration_s.into());
    writer.length(limits.ids_max.into());
    let Some(memory) = stream.idempotence() else {
        (0..3).for_each(|_| writer.length(0));
        return;
    };
    writer.length(memory.producer_count() as u64);
    for (name, count, entries) in memory.producers() {
        writer.string(name);
        writer.length(count as u64);
        for (idempotent_id, id) in entries {
            writer.string(idempotent_id);
            write_id(writer, id);
        }
    }
    writer.length(memory.added);
    writer.length(memory.duplicates);
}

pub(super) fn read_id(reader: &mut Reader<'_>) -> RdbResult<StreamId> {
    Ok(StreamId { ms: reader.length()?, seq: reader.length()? })
}

/// Reads a stream of the given type.
pub(super) fn read(reader: &mut Reader<'_>, code: u8) -> RdbResult<Stream> {
    let mut stream = Stream::default();
    for _ in 0..reader.length()? {
        let base = reader.string()?;
        let base = <[u8; 16]>::try_from(&*base).map_err(|_| BAD_NODE_KEY)?;
        let pack = listpack(&reader.string()?).map_err(|_| BAD_NODE)?;
        if !stream.add_node(StreamId::from_bytes(base), pack) {
            return Err(BAD_NODE);
        }
    }
    let len = reader.length()?;
    if len != stream.len() as u64 {
        return Err(BAD_LEN);
    }
    stream.last_id = read_id(reader)?;
    stream.entries_added = len;
    if code != type_code::STREAM_LISTPACKS {
        // That of the first entry; the entries themselves say it.
        read_id(reader)?;
        stream.max_deleted_id = read_id(reader)?;
        stream.entries_added = reader.length()?;
        if stream.entries_added < len || i64::try_from(stream.entries_added).is_err() {
            return Err(BAD_ENTRIES_ADDED);
        }
    }
    // Entries that were given out before it can only come of damage; what is added must come behind them.
    stream.last_id = stream.last_id.max(stream.last().map_or(StreamId::MIN, |last| last.id));
    stream_groups::read(reader, code, &mut stream)?;
    if matches!(code, type_code::STREAM_LISTPACKS_4 | type_code::STREAM_LISTPACKS_5) {
        read_idempotence(reader, &mut stream)?;
    }
    Ok(stream)
}

fn read_idempotence(reader: &mut Reader<'_>, stream: &mut Stream) -> RdbResult<()> {
    let mut limit = |most: u64| match reader.length()? {
        limit if (1..=most).contains(&limit) => Ok(limit as u32),
        _ => Err(BAD_LIMITS),
    };
    let limits = IdempotenceLimits { duration_s: limit(86_400)?, ids_max: limit(10_000)? };
    stream.idempotence_limits = limits;
    for _ in 0..reader.length()? {
        let producer = reader.string()?;
        for _ in 0..reader.length()? {
            let idempotent_id = reader.string()?;
            let id = read_id(reader)?;
            stream.idempotence_or_new().record(&producer, &idempotent_id, id, &limits);
        }
    }
    let (added, duplicates) = (reader.length()?, reader.length()?);
    if added != 0 || duplicates != 0 || stream.idempotence().is_some() {
        let memory = stream.idempotence_or_new();
        (memory.added, memory.duplicates) = (added, duplicates);
    }
    Ok(())
}
