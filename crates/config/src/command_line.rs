//! The command line: a configuration file, `-` for standard input, and options in every form Redis tolerates.

use resp::request::split_arguments;

use crate::number::quoted;

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start the server.
    Run,
    /// Print the version.
    Version,
    /// Print how to use the program.
    Help,
    /// Test so many megabytes of memory.
    TestMemory(Vec<u8>),
    /// Check the system for known problems.
    CheckSystem,
    /// Check a module: its path and its arguments.
    CheckModule(Vec<Vec<u8>>),
}

/// The command line, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// What to do.
    pub action: Action,
    /// The configuration file.
    pub config_file: Option<Vec<u8>>,
    /// Read more configuration from standard input.
    pub standard_input: bool,
    /// The options as lines of a configuration, to be read after the file.
    pub options: Vec<u8>,
}

impl CommandLine {
    /// The whole configuration: file, standard input and options, in this order.
    pub fn text(&self, file: &[u8], standard_input: &[u8]) -> Vec<u8> {
        [file, standard_input, b"\n", &self.options].concat()
    }

    /// Takes apart the words behind the program's name.
    pub fn parse(words: &[Vec<u8>]) -> Self {
        let mut command_line = Self {
            action: action(words),
            config_file: None,
            standard_input: false,
            options: Vec::new(),
        };
        if command_line.action != Action::Run {
            return command_line;
        }
        let mut rest = words;
        if let Some((first, after)) = rest.split_first() {
            if first.as_slice() == b"-" {
                command_line.standard_input = true;
                rest = after;
            } else if !first.starts_with(b"--") {
                command_line.config_file = Some(first.clone());
                rest = after;
            }
        }
        if let Some((last, before)) = rest.split_last()
            && last.as_slice() == b"-"
        {
            command_line.standard_input = true;
            rest = before;
        }
        command_line.options = option_lines(rest);
        command_line
    }
}

fn action(words: &[Vec<u8>]) -> Action {
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    match words.as_slice() {
        [b"-v" | b"--version"] => Action::Version,
        [b"-h" | b"--help"] => Action::Help,
        [b"--test-memory", megabytes] => Action::TestMemory(megabytes.to_vec()),
        [b"--check-system"] => Action::CheckSystem,
        [b"--check-module", module @ ..] if !module.is_empty() => {
            Action::CheckModule(module.iter().map(|word| word.to_vec()).collect())
        }
        _ => Action::Run,
    }
}

/// Turns `--name value …` into lines `name "value" …`.
///
/// The word right behind a name is its value even if it starts with two hyphens; `--save` alone means `save ""`; a word
/// with blanks is a whole line; words without a name before them make a line of their own.
fn option_lines(words: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut takes_name = true;
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        match word.strip_prefix(b"--") {
            Some(name) if takes_name => {
                if !out.is_empty() {
                    out.push(b'\n');
                }
                out.extend_from_slice(name);
                out.push(b' ');
                let whole_line = split_arguments(name).is_ok_and(|split| split.len() >= 2);
                let next_is_option = words.peek().is_none_or(|next| next.starts_with(b"--"));
                if whole_line {
                    continue;
                }
                if name == b"save" && next_is_option {
                    out.extend_from_slice(b"\"\"");
                    continue;
                }
                takes_name = false;
            }
            _ => {
                out.extend_from_slice(&quoted(word));
                out.push(b' ');
                takes_name = true;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Action, CommandLine};

    fn lines(words: &[&str]) -> Vec<String> {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        let text =
            String::from_utf8(CommandLine::parse(&words).options).expect("test input is text");
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn the_forms_redis_takes() {
        assert_eq!(lines(&["--port", "1", "--loglevel"]), ["port \"1\"", "loglevel"]);
        assert_eq!(lines(&["--port", "--loglevel", "verbose"]), [r#"port "--loglevel" "verbose""#]);
        assert_eq!(
            lines(&["f.conf", "--maxmemory 700mb", "--maxmemory-policy 'volatile-lru'"]),
            ["maxmemory 700mb", "maxmemory-policy 'volatile-lru'"]
        );
        assert_eq!(
            lines(&["f.conf", "loglevel", "verbose", "--maxmemory '700mb'"]),
            [r#""loglevel" "verbose""#, "maxmemory '700mb'"]
        );
        assert_eq!(
            lines(&["--save", "--loglevel", "verbose"]),
            [r#"save """#, r#"loglevel "verbose""#]
        );
        assert_eq!(lines(&["--save"]), [r#"save """#]);
        assert_eq!(lines(&["--save", "", "--x", "y"]), [r#"save """#, r#"x "y""#]);
        assert_eq!(
            lines(&["--proc-title-template", "--save", "--save", ""]),
            [r#"proc-title-template "--save""#, r#"save """#]
        );
        assert_eq!(
            lines(&["--replicaof", "--127.0.0.1", "--abc"]),
            [r#"replicaof "--127.0.0.1""#, "abc"]
        );
    }

    #[test]
    fn files_and_actions() {
        let parse = |words: &[&str]| {
            CommandLine::parse(&words.iter().map(|w| w.as_bytes().to_vec()).collect::<Vec<_>>())
        };
        assert_eq!(parse(&["-v"]).action, Action::Version);
        assert_eq!(parse(&["--help"]).action, Action::Help);
        assert_eq!(parse(&["a.conf", "--port", "1"]).config_file, Some(b"a.conf".to_vec()));
        assert!(parse(&["-"]).standard_input);
        assert!(parse(&["a.conf", "--port", "1", "-"]).standard_input);
        assert_eq!(parse(&["--port", "1"]).config_file, None);
    }
}
