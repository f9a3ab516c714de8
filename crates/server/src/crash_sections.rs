//! The parts of the crash report that show the state of the server.

use std::sync::atomic::Ordering;

use command_spec::Argument;
use engine::Engine;
use engine::table::Lookup;

use crate::crash_report::SWITCHES;
use crate::event_loop::Shell;
use crate::log;
use crate::port::EnginePort as _;

/// Everything behind the registers. The most dangerous parts, those in which guests speak, come last but one.
pub fn write_all(instruction: usize) {
    section("INFO OUTPUT", || with_engine(|engine| answer(engine, &[b"INFO", b"everything"])));
    section("CLIENT LIST OUTPUT", || with_engine(|engine| answer(engine, &[b"CLIENT", b"LIST"])));
    write_request("\n------ CURRENT CLIENT INFO ------", ": ");
    section("MODULES INFO OUTPUT", || with_engine(|engine| answer(engine, &[b"INFO", b"modules"])));
    section("CONFIG DEBUG OUTPUT", || with_engine(changed_parameters));
    write_memory_test();
    write_code(instruction);
}

fn with_engine(text: impl FnOnce(&mut Engine) -> Vec<u8>) -> Vec<u8> {
    look_at_engine(text).unwrap_or_else(|| b"(not on this thread)\n".to_vec())
}

/// The engine that executes: a script has it for itself, otherwise it is the shell's.
fn look_at_engine<R>(report: impl FnOnce(&mut Engine) -> R) -> Option<R> {
    let mut report = Some(report);
    let found =
        sys::crash::look_at(|engine: &mut Engine| report.take().map(|report| report(engine)));
    let found = found.or_else(|| {
        sys::crash::look_at(|shell: &mut Shell| {
            report.take().map(|report| report(&mut shell.engine))
        })
    });
    found.flatten()
}

/// What a command answers, run in the name of a client made for it.
fn answer(engine: &mut Engine, argv: &[&[u8]]) -> Vec<u8> {
    let state = &mut engine.state;
    let client = state.make_fake_client(0);
    state.execute(client, argv);
    let reply = state.clients.get_mut(client).map(|client| client.reply.take()).unwrap_or_default();
    match resp::Value::parse(&reply).as_ref().and_then(|(value, _)| value.as_bytes()) {
        Some(text) => text.to_vec(),
        None => reply,
    }
}

/// The parameters that are not at their defaults.
fn changed_parameters(engine: &mut Engine) -> Vec<u8> {
    let defaults = config::Config::default();
    let config = engine.config();
    let mut text = Vec::new();
    for parameter in
        config::PARAMETERS.iter().filter(|parameter| !parameter.has(config::Flags::SENSITIVE))
    {
        let value = config.get(parameter.name.as_bytes());
        if value != defaults.get(parameter.name.as_bytes()) {
            let value = value.unwrap_or_default();
            text.extend_from_slice(
                format!("{}: {}\n", parameter.name, value.escape_ascii()).as_bytes(),
            );
        }
    }
    text
}

/// Which arguments are words of the command's own language: names and tokens.
fn command_words(engine: &mut Engine, argv: &[&[u8]]) -> Vec<bool> {
    let (found, names) = match engine.state.table.lookup(argv) {
        Lookup::Found(command) => {
            let names = 1 + usize::from(command.parent.is_some());
            (Some(command), names)
        }
        Lookup::UnknownSubcommand(_) | Lookup::Unknown => (None, 1),
    };
    let arguments = found.as_ref().map_or(&[][..], |command| command.spec.arguments);
    argv.iter()
        .enumerate()
        .map(|(index, argument)| index < names || is_token(arguments, argument))
        .collect()
}

fn is_token(arguments: &[Argument], word: &[u8]) -> bool {
    arguments.iter().any(|argument| {
        argument.token.is_some_and(|token| word.eq_ignore_ascii_case(token.as_bytes()))
            || is_token(argument.arguments, word)
    })
}

fn section(name: &str, text: impl FnOnce() -> Vec<u8>) {
    log::write_raw(format!("\n------ {name} ------\n").as_bytes());
    log::write_raw(&text());
}

/// The request that runs, argument by argument.
pub fn write_request(head: &str, between: &str) {
    const ARGUMENTS_MAX: usize = 32;
    const ARGUMENT_BYTES_MAX: usize = 128;
    let arguments = sys::crash::request(ARGUMENTS_MAX, ARGUMENT_BYTES_MAX);
    if arguments.is_empty() {
        return;
    }
    let hide = SWITCHES.hide_user_data.load(Ordering::Relaxed);
    let shown = if hide { words_to_show(&arguments) } else { vec![true; arguments.len()] };
    let mut text = format!("{head}\n");
    for (index, ((bytes, length), shown)) in arguments.iter().zip(shown).enumerate() {
        let value = if shown { bytes.escape_ascii().to_string() } else { "*redacted*".into() };
        let dots = if *length > bytes.len() && shown { "…" } else { "" };
        text.push_str(&format!("argv[{index}]{between}\"{value}\"{dots}\n"));
    }
    log::write_raw(text.as_bytes());
}

/// Which arguments are words of the command and not data of a user.
fn words_to_show(arguments: &[(Vec<u8>, usize)]) -> Vec<bool> {
    let argv: Vec<&[u8]> = arguments.iter().map(|(bytes, _)| bytes.as_slice()).collect();
    look_at_engine(|engine| command_words(engine, &argv))
        .unwrap_or_else(|| (0..arguments.len()).map(|index| index == 0).collect())
}

/// A quick test of fresh memory, and where to go for a thorough one.
fn write_memory_test() {
    if !SWITCHES.memory_test.load(Ordering::Relaxed) {
        return;
    }
    log::write_raw(b"\n------ FAST MEMORY TEST ------\n");
    let failures = crate::memory_test::quick();
    let text: &[u8] = if failures == 0 {
        b"Fast memory test PASSED, however your memory can still be broken. Please run a memory test for several hours if possible.\n"
    } else {
        b"!!! MEMORY ERROR DETECTED! Check your memory ASAP !!!\n"
    };
    log::write_raw(text);
}

/// The bytes of code around the instruction, for those who disassemble.
fn write_code(instruction: usize) {
    const BEFORE: usize = 32;
    if instruction < BEFORE {
        return;
    }
    let mut bytes = [0_u8; 128];
    let read = sys::crash::memory::read(instruction - BEFORE, &mut bytes);
    let mut text =
        format!("\n------ DUMPING CODE AROUND EIP ------\nfrom {:#x}:", instruction - BEFORE);
    for byte in bytes.iter().take(read) {
        text.push_str(&format!(" {byte:02x}"));
    }
    text.push('\n');
    log::write_raw(text.as_bytes());
}
