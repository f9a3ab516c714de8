//! DEBUG OBJECT, SDSLEN, LISTPACK, STRUCTSIZE: how a key and its value are kept.

use engine::access::idle_ms;
use engine::effect::LogLevel;
use engine::lookup::lookup_flag;
use engine::{CommandError, CommandResult, Context, error};
use keyspace::{KeyRecord, Value, View};

fn find<'a>(context: &'a mut Context<'_>) -> Result<&'a KeyRecord, CommandError> {
    let flags = lookup_flag::NO_TOUCH | lookup_flag::NO_NOTIFY;
    let key = context.argv[2];
    context.state.lookup_read_with(context.db, key, flags).ok_or(error::NO_SUCH_KEY)
}

pub fn object(context: &mut Context<'_>) -> CommandResult {
    let now_ms = context.now_ms();
    let record = find(context)?;
    let serialized = match record.view() {
        View::Bytes { bytes, .. } => bytes.len() + 1,
        View::Integer(integer) => integer.to_string().len(),
        View::Value(value) => value.memory_bytes(0),
    };
    let access = record.access();
    let text = format!(
        "Value at:{:p} refcount:1 encoding:{} serializedlength:{serialized} lru:{access} \
         lru_seconds_idle:{}",
        record.key().as_ptr(),
        keyspace::encoding_name(record),
        idle_ms(access, now_ms) / 1000
    );
    context.reply.simple(text);
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
