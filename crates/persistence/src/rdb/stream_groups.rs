//! The groups of a stream: what each was given, its consumers, and what they have not acknowledged.

use keyspace::Stream;
use keyspace::stream::{Group, Groups, StreamId};

use super::error::{RdbError, RdbResult};
use super::reader::Reader;
use super::stream::{read_id, write_id};
use super::type_code;
use super::writer::Writer;

const REPEATED_GROUP: RdbError = RdbError::Corrupt("Duplicated consumer group name detected");
const REPEATED_CONSUMER: RdbError = RdbError::Corrupt("Duplicate stream consumer detected");
const REPEATED_PENDING: RdbError =
    RdbError::Corrupt("Duplicated global PEL entry loading stream consumer group");
const UNKNOWN_PENDING: RdbError = RdbError::Corrupt("Consumer entry not found in group global PEL");
const OWNED_ALREADY: RdbError =
    RdbError::Corrupt("Stream consumer PEL entry already has a consumer assigned");
const BAD_ENTRIES_READ: RdbError =
    RdbError::Corrupt("Stream cgroup entries_read inconsistent with entries_added");
const UNOWNED: RdbError = RdbError::Corrupt("NACK entry without consumer in stream group PEL");

/// A number of entries read that is not known.
const UNKNOWN: u64 = u64::MAX;

pub(super) fn write(writer: &mut Writer, groups: &Groups, entries_added: u64, code: u8) {
    writer.length(groups.len() as u64);
    for group in groups.iter() {
        writer.string(group.name());
        write_id(writer, group.last_id);
        // XSETID can take back what was added; nobody would read the file if a group had read more.
        writer.length(group.entries_read.map_or(UNKNOWN, |read| read.min(entries_added)));
        writer.length(group.pending_len() as u64);
        for entry in group.pending_from(StreamId::MIN) {
            writer.raw(&entry.id.to_bytes());
            writer.raw(&entry.delivered_ms.to_le_bytes());
            writer.length(entry.deliveries);
        }
        writer.length(group.consumers_len() as u64);
        for (number, consumer) in group.consumers() {
            writer.string(consumer.name());
            writer.raw(&consumer.seen_ms.to_le_bytes());
            if code != type_code::STREAM_LISTPACKS_2 {
                writer.raw(&consumer.active_ms.to_le_bytes());
            }
            writer.length(consumer.pending_len() as u64);
            for entry in group.pending_of(number, StreamId::MIN) {
                writer.raw(&entry.id.to_bytes());
            }
        }
        if code != type_code::STREAM_LISTPACKS_5 {
            continue;
        }
        // Those that were given back, in the order in which they will be delivered again.
        writer.length(group.released_len() as u64);
        for entry in group.pending_by_age().filter(|entry| entry.consumer.is_none()) {
            writer.raw(&entry.id.to_bytes());
        }
    }
}

/// Reads the groups of a stream of the given type.
pub(super) fn read(reader: &mut Reader<'_>, code: u8, stream: &mut Stream) -> RdbResult<()> {
    for _ in 0..reader.length()? {
        let name = reader.string()?;
        let last_id = read_id(reader)?;
        let entries_read = match code {
            type_code::STREAM_LISTPACKS => stream.entries_up_to(last_id),
            _ => Some(reader.length()?).filter(|read| *read != UNKNOWN),
        };
        if entries_read.is_some_and(|read| read > stream.entries_added) {
            return Err(BAD_ENTRIES_READ);
        }
        let mut group = Group::new(&name, last_id, entries_read);
        read_group(reader, code, &mut group)?;
        if !stream.groups.add(group) {
            return Err(REPEATED_GROUP);
        }
    }
    Ok(())
}

fn read_raw_id(reader: &mut Reader<'_>) -> RdbResult<StreamId> {
    reader.array().map(StreamId::from_bytes)
}

/// Reads what a group and its consumers have not acknowledged.
fn read_group(reader: &mut Reader<'_>, code: u8, group: &mut Group) -> RdbResult<()> {
    let pending = reader.length()?;
    for _ in 0..pending {
        let id = read_raw_id(reader)?;
        let (delivered_ms, deliveries) = (reader.i64_le()?, reader.length()?);
        if !group.load_pending(id, delivered_ms, deliveries) {
            return Err(REPEATED_PENDING);
        }
    }
    for _ in 0..reader.length()? {
        let name = reader.string()?;
        let seen_ms = reader.i64_le()?;
        let has_active =
            !matches!(code, type_code::STREAM_LISTPACKS | type_code::STREAM_LISTPACKS_2);
        let active_ms = if has_active { reader.i64_le()? } else { seen_ms };
        let consumer = group.load_consumer(&name, seen_ms, active_ms).ok_or(REPEATED_CONSUMER)?;
        for _ in 0..reader.length()? {
            let id = read_raw_id(reader)?;
            if !group.load_owner(id, consumer) {
                let is_pending = group.pending(id).is_some();
                return Err(if is_pending { OWNED_ALREADY } else { UNKNOWN_PENDING });
            }
        }
    }
    let mut released = Vec::new();
    if code == type_code::STREAM_LISTPACKS_5 {
        for _ in 0..reader.length()? {
            released.push(read_raw_id(reader)?);
        }
    }
    if pending == 0 && released.is_empty() || group.finish_loading(&released) {
        Ok(())
    } else {
        Err(UNOWNED)
    }
}
