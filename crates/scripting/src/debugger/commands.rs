//! The debugger's commands.

use engine::CommandError;
use mlua::{Table, Value};
use resp::reply::Reply;

use super::request::{self, Parsed, REQUEST_BYTES_MAX};
use super::{Debugger, End, dump, is_of_script};
use crate::interpreter::Interpreter;
use crate::run::Link;

const ABORTED: &str = "ERR script aborted for user request";
const PROTOCOL_ERROR: &str = "ERR protocol error";
const TOO_LONG: &str = "ERR max client query buffer reached";

const UNKNOWN: &str = "<error> Unknown Redis Lua debugger command or wrong number of arguments.";
const NO_LOCALS: &str = "No local variables in the current context.";

const BREAKPOINTS_MAX: usize = 64;
/// Lines around the one asked for.
const CONTEXT_LINES: i64 = 5;
/// Shortest length to which values may be trimmed.
const LEN_MIN: i64 = 60;
/// Deepest frame that is looked into.
const FRAMES_MAX: usize = 200;

const HELP: &[&str] = &[
    "Commands of the Lua debugger:",
    "[h]elp               This text.",
    "[s]tep, [n]ext       Run the line, stop at the following one.",
    "[c]ontinue           Run until a breakpoint or the end.",
    "[l]ist               The lines around this one.",
    "[l]ist LINE [COUNT]  COUNT lines before and behind LINE; line 0 is this one.",
    "[w]hole              All lines.",
    "[p]rint              All local variables.",
    "[p]rint NAME         One local variable, KEYS or ARGV.",
    "[b]reak              All breakpoints.",
    "[b]reak LINE         Set a breakpoint.",
    "[b]reak -LINE        Remove a breakpoint.",
    "[b]reak 0            Remove all breakpoints.",
    "[t]race              The functions that have called each other.",
    "[e]val CODE          Run Lua code, which does not see local variables.",
    "[r]edis COMMAND      Call a command.",
    "[m]axlen [BYTES]     Length to which values are trimmed; 0: to none.",
    "[a]bort              End the script; what it changed in sync mode stays.",
    "",
    "Functions for scripts:",
    "redis.debug(...)     Show values.",
    "redis.breakpoint()   Stop at the next line.",
];

/// What a command leads to.
enum Next {
    Ask,
    Resume,
    End(&'static str),
}

impl Debugger {
    /// Executes commands until the script goes on, or ends.
    pub fn take_commands(&self, link: &Link, interpreter: &Interpreter) -> End {
        loop {
            let words = match self.read_command() {
                Ok(words) => words,
                Err(end) => return end,
            };
            // The time of waiting is nobody's.
            link.state.with(|state| state.clock.advance());
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            match self.execute(link, interpreter, &words) {
                Next::Ask if self.send() => {}
                Next::Ask => return End::Gone,
                Next::Resume => return End::Resumed,
                Next::End(because) => return End::Ended(because),
            }
        }
    }

    fn read_command(&self) -> Result<Vec<Vec<u8>>, End> {
        let mut input = Vec::new();
        loop {
            if !self.console.read(self.client, &mut input) {
                return Err(End::Gone);
            }
            match request::parse(&input) {
                // What came behind it was sent without knowing what it would say.
                Parsed::Words(words) => return Ok(words),
                Parsed::Wrong => return Err(End::Ended(PROTOCOL_ERROR)),
                Parsed::Incomplete if input.len() > REQUEST_BYTES_MAX => {
                    return Err(End::Ended(TOO_LONG));
                }
                Parsed::Incomplete => {}
            }
        }
    }

    fn execute(&self, link: &Link, interpreter: &Interpreter, words: &[&[u8]]) -> Next {
        let (name, rest) =
            words.split_first().map_or((&b""[..], words), |(name, rest)| (*name, rest));
        match name.to_ascii_lowercase().as_slice() {
            b"s" | b"step" | b"n" | b"next" => {
                self.step.set(true);
                return Next::Resume;
            }
            b"c" | b"continue" => return Next::Resume,
            b"a" | b"abort" => return Next::End(ABORTED),
            b"h" | b"help" => HELP.iter().for_each(|line| self.say(*line)),
            b"l" | b"list" => self.list(rest),
            b"w" | b"whole" => (1..=self.lines.len()).for_each(|line| self.say_line(line)),
            b"b" | b"break" => self.breakpoints(rest),
            b"p" | b"print" => self.print(interpreter, rest),
            b"t" | b"trace" => self.trace(interpreter),
            b"e" | b"eval" => self.eval(interpreter, rest),
            b"r" | b"redis" if !rest.is_empty() => self.call(link, rest),
            b"m" | b"maxlen" => self.maxlen(rest),
            _ => self.say(UNKNOWN),
        }
        Next::Ask
    }

    fn list(&self, words: &[&[u8]]) {
        let number = |index: usize| words.get(index).map(|word| leading_number(word));
        let here = i64::try_from(self.line.get()).unwrap_or(0);
        let around = number(0).filter(|line| *line > 0).unwrap_or(here);
        let context = number(1).unwrap_or(CONTEXT_LINES);
        for line in 1..=self.lines.len() {
            let away = i64::try_from(line).unwrap_or(i64::MAX).abs_diff(around);
            if i64::try_from(away).is_ok_and(|away| away <= context) {
                self.say_line(line);
            }
        }
    }

    fn breakpoints(&self, words: &[&[u8]]) {
        if words.is_empty() {
            let lines = self.breakpoints.borrow().clone();
            if lines.is_empty() {
                self.say("No breakpoints set. Use 'b <line>' to add one.");
                return;
            }
            self.say(format!("{} breakpoints set:", lines.len()));
            lines.iter().for_each(|line| self.say_line(*line));
        }
        for word in words {
            let Some(line) = stdx::number::parse_i64(word) else {
                self.say([b"Invalid argument:'", *word, b"'"].concat());
                continue;
            };
            let place = usize::try_from(line.unsigned_abs()).unwrap_or(usize::MAX);
            match line {
                0 => {
                    self.breakpoints.borrow_mut().clear();
                    self.say("All breakpoints removed.");
                }
                1.. if self.set_breakpoint(place) => {
                    (place.saturating_sub(1)..=place + 1).for_each(|line| self.say_line(line));
                }
                1.. => self.say("Wrong line number."),
                _ => {
                    let mut lines = self.breakpoints.borrow_mut();
                    let before = lines.len();
                    lines.retain(|line| *line != place);
                    let removed = lines.len() < before;
                    drop(lines);
                    let none = "No breakpoint in the specified line.";
                    self.say(if removed { "Breakpoint removed." } else { none });
                }
            }
        }
    }

    fn set_breakpoint(&self, line: usize) -> bool {
        let mut lines = self.breakpoints.borrow_mut();
        let fits = line <= self.lines.len() && lines.len() < BREAKPOINTS_MAX;
        let new = fits && !lines.contains(&line);
        if new {
            lines.push(line);
        }
        new
    }

    fn print(&self, interpreter: &Interpreter, words: &[&[u8]]) {
        let [name] = words else {
            let locals = locals(interpreter, 0).unwrap_or_default();
            if locals.is_empty() {
                self.say(NO_LOCALS);
            }
            for (name, value) in locals {
                self.say_value(&[b"<value> ", name.as_slice(), b" = "].concat(), &value);
            }
            return;
        };
        for level in 0..FRAMES_MAX {
            let Some(locals) = locals(interpreter, level) else { break };
            if let Some((_, value)) = locals.iter().find(|(known, _)| known == name) {
                self.say_value(b"<value> ", value);
                return;
            }
        }
        let global = match *name {
            b"KEYS" | b"ARGV" => String::from_utf8_lossy(name),
            _ => {
                self.say("No such variable.");
                return;
            }
        };
        let value = interpreter.lua.globals().raw_get::<Value>(global.as_ref());
        self.say_value(b"<value> ", &value.unwrap_or(Value::Nil));
    }

    fn say_value(&self, head: &[u8], value: &Value) {
        let mut text = head.to_vec();
        dump::value(value, &mut text);
        self.log.borrow_mut().add_trimmed(text);
    }

    fn trace(&self, interpreter: &Interpreter) {
        for level in 0..FRAMES_MAX {
            let frame = interpreter.lua.inspect_stack(level, |place| {
                let name = place.names().name.map(std::borrow::Cow::into_owned);
                (is_of_script(place).then(|| place.current_line()).flatten(), name)
            });
            let Some((line, name)) = frame else { break };
            let Some(line) = line else { continue };
            let word = if level == 0 { "In" } else { "From" };
            self.say(format!("{word} {}:", name.as_deref().unwrap_or("top level")));
            self.say_line(line);
        }
    }

    fn eval(&self, interpreter: &Interpreter, words: &[&[u8]]) {
        let code = words.join(&b' ');
        let compile =
            |code: &[u8]| interpreter.lua.load(code).set_name("@ldb_eval").into_function();
        let function = compile(&[b"return ", code.as_slice()].concat()).or_else(|_| compile(&code));
        let function = match function {
            Ok(function) => function,
            Err(error) => {
                self.say(format!("<error> {}", crate::cache::compile_error(&error)));
                return;
            }
        };
        match interpreter.attempt.call::<(bool, Value)>(function) {
            Ok((true, value)) => self.say_value(b"<retval> ", &value),
            Ok((false, problem)) => {
                let text = crate::outcome::bytes_of(&problem);
                let text = text.unwrap_or_else(|| b"(error object is not a string)".to_vec());
                self.say([b"<error> ", text.as_slice()].concat());
            }
            Err(error) => self.say(format!("<error> {error}")),
        }
    }

    fn call(&self, link: &Link, words: &[&[u8]]) {
        let mut reply = Reply::new();
        reply.set_resp3(link.resp3.get());
        let called =
            link.state.with(|state| crate::api::call::run_command(link, state, words, &mut reply));
        let called = called.unwrap_or(Err(CommandError::constant("ERR no script runs")));
        self.say_call(words, called.as_ref().map(|()| reply.as_bytes()));
    }

    fn maxlen(&self, words: &[&[u8]]) {
        let mut log = self.log.borrow_mut();
        if let [word] = words {
            log.hinted = true;
            log.len_max = match leading_number(word) {
                0 => 0,
                len => usize::try_from(len.max(LEN_MIN)).unwrap_or(0),
            };
        }
        let text = match log.len_max {
            0 => "<value> replies are unlimited.".to_owned(),
            len => format!("<value> replies are truncated at {len} bytes."),
        };
        log.add(text.into_bytes());
    }
}

/// Local variables of the function at a level, counted from the one that runs; `None` beyond the last.
fn locals(interpreter: &Interpreter, level: usize) -> Option<Vec<(Vec<u8>, Value)>> {
    // The function that looks them up stands above all.
    let (names, values) =
        interpreter.locals.call::<(Option<Table>, Option<Table>)>(level + 1).ok()?;
    let (names, values) = (names?, values?);
    let mut locals = Vec::new();
    for index in 1..=names.raw_len() {
        let name = names.raw_get::<mlua::LuaString>(index).ok()?.as_bytes().to_vec();
        if !name.starts_with(b"(*temporary)") {
            locals.push((name, values.raw_get::<Value>(index).ok()?));
        }
    }
    Some(locals)
}

/// The number at the start of a word, 0 if there is none, as C's `atoi` reads it.
fn leading_number(word: &[u8]) -> i64 {
    let (negative, digits) = match word {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let number = digits.fold(0i64, |number, byte| {
        number.saturating_mul(10).saturating_add(i64::from(byte - b'0'))
    });
    if negative { -number } else { number }
}

#[cfg(test)]
mod tests {
    use super::leading_number;

    #[test]
    fn numbers_are_read_as_far_as_they_go() {
        for (word, number) in [("12", 12), ("-3x", -3), ("x", 0), ("", 0), ("+7", 7)] {
            assert_eq!(leading_number(word.as_bytes()), number, "{word}");
        }
    }
}
