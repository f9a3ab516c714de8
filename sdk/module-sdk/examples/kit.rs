//! A module that uses what the SDK offers beside data types: each kind of reply, calls, threads, timers, events, parameters,
//! INFO. The tests of the server load it.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use module_sdk::*;

static LIMIT: NumericConfig = NumericConfig::new("limit", 10, 0..=100);
static LOUD: BoolConfig = BoolConfig::new("loud", false);
static MOOD: EnumConfig = EnumConfig::new("mood", &["calm", "merry"], 1);
static MOTTO: StringConfig = StringConfig::new("motto", "none");

/// Deletions that were told of.
static DELETED: AtomicU64 = AtomicU64::new(0);

const fn command(
    name: &'static str,
    arity: i32,
    flags: u64,
    key_specs: &'static [KeySpec],
    run: fn(&mut Context, &mut Arguments<'_>) -> Result,
) -> Command {
    let spec =
        CommandSpec { name, group: Group::Module, arity, flags, key_specs, ..CommandSpec::DEFAULT };
    Command::new(spec, run)
}

const REPLIES: Command = command("kit.replies", 1, flag::READONLY, &[], |_, _| {
    Ok(Reply::Array(vec![
        Reply::OK,
        7.into(),
        1.5.into(),
        true.into(),
        "text".into(),
        Reply::Verbatim(*b"mkd", "# title".to_owned()),
        Reply::BigNumber("12345678901234567890".to_owned()),
        Reply::Null,
        Reply::Set(vec![1.into(), 2.into()]),
        Reply::Map(vec![("key".into(), vec![1_i64, 2].into())]),
        Reply::Error(Error::err("within")),
    ]))
});

const PANIC: Command = command("kit.panic", 1, flag::READONLY, &[], |_, _| {
    let nothing: [i64; 0] = [];
    Ok(nothing[usize::from(LIMIT.get() < 0)].into())
});

/// `kit.call command argument …`: the command's reply, an array's length, or its error.
const CALL: Command = command("kit.call", -2, flag::WRITE, &[], |context, arguments| {
    let name = arguments.text()?;
    let words: Vec<&[u8]> = arguments.rest().map(|word| word.bytes()).collect();
    Ok(match context.call(name, &words)? {
        CallReply::Integer(number) => number.into(),
        CallReply::Double(number) => number.into(),
        CallReply::Bytes(bytes) => bytes.into(),
        CallReply::Array(items) => (items.len() as i64).into(),
        CallReply::Map(pairs) => (pairs.len() as i64).into(),
        _ => Reply::Null,
    })
});

const SLEEP: Command = command("kit.sleep", 2, flag::READONLY, &[], |context, arguments| {
    let ms = u64::try_from(arguments.integer()?).map_err(|_| Error::err("time runs forward"))?;
    context.in_background(move || {
        std::thread::sleep(Duration::from_millis(ms));
        if ms == 13 { panic!("unlucky") } else { Ok("awake".into()) }
    })
});

const LATER: Command = command(
    "kit.later",
    3,
    flag::WRITE,
    &[KeySpec::at(1, key_flag::OW | key_flag::UPDATE)],
    |context, arguments| {
        let (key, value) = (arguments.bytes()?.to_vec(), arguments.bytes()?.to_vec());
        context.after(Duration::from_millis(10), move |context| {
            if let Err(error) = context.call("SET", &[&key, &value]) {
                context.log(LogLevel::Warning, &error.text());
            }
        });
        Ok(Reply::OK)
    },
);

const APPEND: Command = command(
    "kit.append",
    3,
    flag::WRITE,
    &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
    |context, arguments| {
        let (key, more) = (arguments.word()?, arguments.bytes()?);
        let mut open = context.write(key);
        let mut text = open.string()?.unwrap_or_default().to_vec();
        text.extend_from_slice(more);
        if text.len() as i64 > LIMIT.get() {
            return Err(Error::err("the string would be longer than kit.limit"));
        }
        open.set_string(&text)?;
        open.set_expires_in(Some(Duration::from_secs(100)))?;
        let has_time = open.expires_in().is_some();
        drop(open);
        context.notify("append", key);
        context.replicate("SET", &[key.bytes(), &text]);
        Ok(Reply::array([text.len() as i64, i64::from(has_time)]))
    },
);

const ON_DELETE: Event = Event {
    classes: "g",
    run: |context, event, _| {
        if event == "del" {
            DELETED.fetch_add(1, Ordering::Relaxed);
            context.later(|context| {
                // What counts in the transcript is that it may be called.
                let counted = context.call("INCR", &[b"deletions"]);
                if let Err(error) = counted {
                    context.log(LogLevel::Warning, &error.text());
                }
            });
        }
    },
};

fn info(info: &mut Info) {
    info.section(None);
    info.count("deleted", DELETED.load(Ordering::Relaxed));
    info.text("mood", MOOD.word());
    info.text("motto", &String::from_utf8_lossy(&MOTTO.get()));
    info.integer("loud", i64::from(LOUD.get()));
    info.double("half", 0.5);
}

fn load(_context: &mut Context, arguments: &mut Arguments<'_>) -> Result<()> {
    if arguments.keyword("refuse") { Err(Error::err("asked to refuse")) } else { Ok(()) }
}

module! {
    name: "kit",
    version: 2,
    category: "kit",
    commands: [REPLIES, PANIC, CALL, SLEEP, LATER, APPEND],
    configs: [&LIMIT, &LOUD, &MOOD, &MOTTO],
    events: [ON_DELETE],
    info: info,
    load: load,
}
