//! DEBUG OBJECT, SDSLEN, LISTPACK, QUICKLIST, STRUCTSIZE: how a key and its value are kept.

use std::fmt::Write as _;

use engine::access::idle_ms;
use engine::effect::LogLevel;
use engine::{CommandError, CommandResult, Context, error};
use keyspace::list::NodeView;
use keyspace::{KeyRecord, Value, View};

const NOT_A_QUICKLIST: CommandError = CommandError::constant("ERR Not a quicklist encoded object.");

fn find<'a>(context: &'a mut Context<'_>) -> Result<&'a KeyRecord, CommandError> {
    // A key whose time has passed is shown, too, while it is there.
    context.state.db(context.db).find(context.argv[2]).ok_or(error::NO_SUCH_KEY)
}

pub fn object(context: &mut Context<'_>) -> CommandResult {
    let (now_ms, db) = (context.now_ms(), context.db);
    let compress = context.state.config.rdbcompression;
    let record = find(context)?;
    let serialized = persistence::rdb::dump::value_len(record, db, compress).unwrap_or(0);
    let access = record.access();
    let mut text = format!(
        "Value at:{:p} refcount:1 encoding:{} serializedlength:{serialized} lru:{access} \
         lru_seconds_idle:{}",
        record.key().as_ptr(),
        keyspace::encoding_name(record),
        idle_ms(access, now_ms) / 1000
    );
    if let View::Value(Value::List(list)) = record.view()
        && let Some(list) = list.quicklist()
    {
        let nodes = list.node_len();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            " ql_nodes:{nodes} ql_avg_node:{:.2} ql_listpack_max:{} ql_compressed:{} \
             ql_uncompressed_size:{}",
            list.len() as f64 / nodes.max(1) as f64,
            list.fill(),
            u8::from(list.depth() > 0),
            list.content_bytes()
        );
    }
    context.reply.simple(text);
    Ok(())
}

/// As rewriting the append-only file has it: what modules have attached comes by commands of theirs.
pub fn keymeta_aof_dump(context: &mut Context<'_>) -> CommandResult {
    let (db, compress) = (context.db, context.state.config.rdbcompression);
    let payload = match context.state.db(db).find(context.argv[2]) {
        Some(record) => persistence::rdb::dump::dump(record, db, compress),
        None => None,
    };
    match payload {
        Some(payload) => context.reply.bulk(&payload),
        None => context.reply.null(),
    }
    Ok(())
}

pub fn sdslen(context: &mut Context<'_>) -> CommandResult {
    let record = find(context)?;
    let (used, room) = match record.view() {
        View::Bytes { bytes, .. } => (bytes.len(), bytes.len()),
        View::Value(Value::String(bytes)) => (bytes.len(), bytes.capacity()),
        _ => return Err(CommandError::err("Not an sds encoded string.")),
    };
    let text = format!(
        "key_sds_len:{}, key_sds_avail:0, key_zmalloc: {}, val_sds_len:{used}, \
         val_sds_avail:{}, val_zmalloc: {}",
        record.key().len(),
        record.alloc_bytes(),
        room - used,
        if room == used { 0 } else { room }
    );
    context.reply.simple(text);
    Ok(())
}

pub fn listpack(context: &mut Context<'_>) -> CommandResult {
    let record = find(context)?;
    let bytes = match record.view() {
        View::Value(Value::Hash(hash)) => hash.listpack_bytes(),
        View::Value(Value::List(list)) => list.listpack_bytes(),
        View::Value(Value::Set(set)) => set.listpack_bytes(),
        View::Value(Value::SortedSet(set)) => set.listpack_bytes(),
        _ => None,
    };
    let Some(bytes) = bytes else {
        return Err(CommandError::err("Not a listpack encoded object."));
    };
    let mut text = b"Listpack: ".to_vec();
    stdx::escape::quote(bytes, &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    context.state.log(LogLevel::Notice, text);
    context.reply.simple("Listpack structure printed on stdout");
    Ok(())
}

/// The argument behind the key, whether to write the elements too, changes nothing: the log is no place for them.
pub fn quicklist(context: &mut Context<'_>) -> CommandResult {
    let record = find(context)?;
    let View::Value(Value::List(list)) = record.view() else {
        return Err(NOT_A_QUICKLIST);
    };
    let list = list.quicklist().ok_or(NOT_A_QUICKLIST)?;
    let mut text = format!("Quicklist: {} elements", list.len());
    for (index, node) in list.nodes().enumerate() {
        // Writing to a string cannot fail.
        let _ = match node {
            NodeView::Packed(listpack) => {
                write!(text, "; node {index}: packed, {} bytes", listpack.byte_len())
            }
            NodeView::Plain(bytes) => write!(text, "; node {index}: plain, {} bytes", bytes.len()),
            NodeView::Compressed { data, plain_len, .. } => {
                write!(text, "; node {index}: {plain_len} bytes in {}", data.len())
            }
        };
    }
    context.state.log(LogLevel::Notice, text);
    context.reply.simple("Quicklist structure printed on stdout");
    Ok(())
}

pub fn structsize(context: &mut Context<'_>) -> CommandResult {
    let text = format!(
        "bits:{} record:{} value:{} client:{}",
        usize::BITS,
        size_of::<KeyRecord>(),
        size_of::<Value>(),
        size_of::<engine::Client>()
    );
    context.reply.simple(text);
    Ok(())
}
