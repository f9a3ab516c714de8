//! What there is to say about a module before it is loaded: facts of its file, and what a trial has shown.

use std::time::Duration;

use config::{ModuleKind, ModuleParameter};
use engine::{Engine, Peer};
use resp::reply::Reply;
use resp::value::Value;

use crate::data_types::ModuleType;
use crate::host::modules;
use crate::module::Module;

/// Options that a module may set, by bit.
pub const OPTIONS: [(i32, &str); 3] = [
    (1 << 0, "handle-io-errors"),
    (1 << 1, "no-implicit-signal-modified"),
    (1 << 2, "handle-repl-async-load"),
];

/// What the start of a module took.
pub struct Cost {
    pub time: Duration,
    pub bytes: usize,
}

/// A text as a part of a report.
pub fn text(text: impl AsRef<[u8]>) -> Value {
    Value::Bulk(text.as_ref().to_vec())
}

/// A number as a part of a report.
pub fn number(number: impl TryInto<i64>) -> Value {
    Value::Integer(number.try_into().unwrap_or(i64::MAX))
}

/// Several texts.
pub fn texts<T: AsRef<[u8]>>(items: impl IntoIterator<Item = T>) -> Value {
    Value::Array(items.into_iter().map(text).collect())
}

/// Named things, in this order.
pub fn map<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Map(pairs.into_iter().map(|(name, value)| (text(name), value)).collect())
}

/// In the process of the trial: what the module has registered, as bytes of RESP3.
pub fn of_trial(engine: &mut Engine, outcome: &Result<String, String>, cost: Cost) -> Vec<u8> {
    let mut pairs = Vec::new();
    let mut put = |name: &str, value: Value| pairs.push((text(name), value));
    put("reason", outcome.as_ref().err().map_or(Value::Null, text));
    if let Some(module) = modules().first().filter(|_| outcome.is_ok()) {
        put("name", text(module.name()));
        put("version", number(module.version.get()));
        put("api-version", number(module.api_version.get()));
        put("options", texts(option_names(module)));
        put("commands", commands(engine, module));
        put(
            "data-types",
            Value::Array(module.types.borrow().iter().map(|t| data_type(t)).collect()),
        );
        let parameters = engine.state.config.modules.iter().map(parameter);
        put("configs", Value::Array(parameters.collect()));
        put("shared-functions", texts(sorted(module.exported.borrow().keys().cloned())));
        put("command-filters", number(module.filters.borrow().len()));
    }
    put("load-usec", number(cost.time.as_micros()));
    put("load-memory-bytes", number(cost.bytes));
    let mut reply = Reply::with_protocol(true);
    Value::Map(pairs).write(&mut reply);
    reply.take()
}

fn sorted(items: impl Iterator<Item = String>) -> Vec<String> {
    let mut items: Vec<String> = items.collect();
    items.sort();
    items
}

/// The names of a module's options.
pub fn option_names(module: &Module) -> Vec<&'static str> {
    let set = module.options.get();
    OPTIONS.iter().filter(|(bit, _)| set & bit != 0).map(|(_, name)| *name).collect()
}

/// What COMMAND INFO says of a module's commands.
fn commands(engine: &mut Engine, module: &Module) -> Value {
    let names = sorted(module.commands.borrow().iter().cloned());
    if names.is_empty() {
        return Value::Array(Vec::new());
    }
    let client = engine.client_connected(Peer::default());
    engine.execute(client, &[b"HELLO", b"3"]);
    engine.state.clients[client].reply.clear();
    let mut words: Vec<&[u8]> = vec![b"COMMAND", b"INFO"];
    words.extend(names.iter().map(|name| name.as_bytes()));
    engine.execute(client, &words);
    let reply = engine.state.clients[client].reply.take();
    let Some((Value::Array(infos), _)) = Value::parse(&reply) else { return texts(names) };
    Value::Array(infos.into_iter().map(command).collect())
}

/// Names of what stands in a reply of COMMAND INFO, in its order.
const COMMAND_FIELDS: [&str; 10] = [
    "name",
    "arity",
    "flags",
    "first-key",
    "last-key",
    "key-step",
    "acl-categories",
    "tips",
    "key-specs",
    "subcommands",
];

fn command(info: Value) -> Value {
    let Value::Array(fields) = info else { return info };
    let named = COMMAND_FIELDS.iter().zip(fields).map(|(name, value)| {
        let value = match value {
            Value::Array(infos) if *name == "subcommands" => {
                Value::Array(infos.into_iter().map(command).collect())
            }
            value => value,
        };
        (text(name), value)
    });
    Value::Map(named.collect())
}

fn data_type(module_type: &ModuleType) -> Value {
    let methods = &module_type.methods;
    let there = [
        ("rdb_load", methods.rdb_load.is_some()),
        ("rdb_save", methods.rdb_save.is_some()),
        ("aof_rewrite", methods.aof_rewrite.is_some()),
        ("free", methods.free.is_some()),
        ("copy", methods.copy.is_some() || methods.copy2.is_some()),
        ("mem_usage", methods.mem_usage.is_some() || methods.mem_usage2.is_some()),
        ("digest", methods.digest.is_some()),
        ("aux_load", methods.aux_load.is_some()),
        ("aux_save", methods.aux_save.is_some() || methods.aux_save2.is_some()),
    ];
    map([
        ("name", text(&module_type.name)),
        ("encoding-version", number(crate::host::encoding_version(module_type.id))),
        ("methods", texts(there.iter().filter(|(_, there)| *there).map(|(name, _)| name))),
    ])
}

fn parameter(parameter: &ModuleParameter) -> Value {
    let kind = match &parameter.kind {
        ModuleKind::Bool => "bool",
        ModuleKind::Number { memory: true, .. } => "memory",
        ModuleKind::Number { .. } => "number",
        ModuleKind::Text => "string",
        ModuleKind::Enum { .. } => "enum",
    };
    let value = text(parameter.print());
    map([("name", text(&parameter.name)), ("type", text(kind)), ("value", value)])
}

/// A report for people: names and values, what belongs to something indented below it.
pub fn print(value: &Value) -> String {
    let mut out = String::new();
    print_at(value, 0, &mut out);
    out
}

fn is_plain(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Set(_) | Value::Map(_))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        other => other
            .as_bytes()
            .map_or_else(|| "-".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn print_at(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Map(pairs) => {
            for (name, value) in pairs {
                let name = plain(name);
                match value {
                    Value::Array(items) | Value::Set(items) if items.iter().all(is_plain) => {
                        let items: Vec<String> = items.iter().map(plain).collect();
                        out.push_str(&format!("{indent}{name}: {}\n", items.join(" ")));
                    }
                    value if is_plain(value) => {
                        out.push_str(&format!("{indent}{name}: {}\n", plain(value)));
                    }
                    value => {
                        out.push_str(&format!("{indent}{name}:\n"));
                        print_at(value, depth + 1, out);
                    }
                }
            }
        }
        Value::Array(items) | Value::Set(items) => {
            for item in items {
                let mut text = String::new();
                print_at(item, depth + 1, &mut text);
                // The first line of what belongs together is marked.
                out.push_str(&format!("{indent}- {}", text.trim_start()));
            }
        }
        value => out.push_str(&format!("{indent}{}\n", plain(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_well() {
        let inner = map([("name", text("a.b")), ("flags", texts(["write", "fast"]))]);
        let report = map([
            ("name", text("a")),
            ("none", Value::Null),
            ("commands", Value::Array(vec![inner])),
        ]);
        let printed = "name: a\nnone: -\ncommands:\n  - name: a.b\n    flags: write fast\n";
        assert_eq!(print(&report), printed);
        let mut reply = Reply::with_protocol(true);
        report.write(&mut reply);
        assert_eq!(Value::parse(reply.as_bytes()).map(|(value, _)| value), Some(report));
    }
}
