//! Reading redis.conf: lines to words, words to parameters, includes, and what is not a parameter (modules, users, renames).

use resp::request::split_arguments;

use crate::limits::{INCLUDE_DEPTH_MAX, INCLUDES_MAX};
use crate::parameter::{Flags, Parameter};
use crate::setting::{Origin, Reason, WRONG_NUMBER_OF_ARGUMENTS};
use crate::table::Config;

/// How the reader gets at files; the shell implements it.
pub trait Files {
    /// The content of a file, or why it cannot be read.
    fn read(&self, path: &[u8]) -> Result<Vec<u8>, String>;
    /// The paths a glob pattern matches, sorted.
    fn glob(&self, pattern: &[u8]) -> Vec<Vec<u8>>;
}

/// A `loadmodule` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadModule {
    /// The file.
    pub path: Vec<u8>,
    /// What the module is given.
    pub arguments: Vec<Vec<u8>>,
}

/// A directive that no parameter has: kept for the module that may register it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleSetting {
    /// The line it stands in, counted from 1.
    pub line_number: usize,
    /// The whole line.
    pub text: Vec<u8>,
    /// Name in lower case.
    pub name: Vec<u8>,
    /// The value's words.
    pub words: Vec<Vec<u8>>,
}

/// Everything a start needs to know.
#[derive(Debug, Clone, Default)]
pub struct Startup {
    /// The values of all parameters.
    pub config: Config,
    /// `rename-command` pairs; an empty new name removes the command.
    pub renamed_commands: Vec<(Vec<u8>, Vec<u8>)>,
    /// `loadmodule` lines.
    pub load_modules: Vec<LoadModule>,
    /// The words behind `user` of each such line.
    pub users: Vec<Vec<Vec<u8>>>,
    /// Settings for modules.
    pub module_settings: Vec<ModuleSetting>,
    /// Parameters that were set, for those whose default depends on others.
    pub named: Vec<&'static str>,
    /// Files that were included.
    included: usize,
}

/// Why a configuration was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// A line is wrong.
    Line {
        /// Counted from 1 in its file; overrides from the command line count on.
        line_number: usize,
        /// The line.
        text: Vec<u8>,
        /// What is wrong.
        reason: Reason,
    },
    /// A file could not be read.
    File {
        /// Its path.
        path: Vec<u8>,
        /// The system's reason.
        reason: String,
    },
}

impl LoadError {
    /// The report on standard error, in the shape tools know.
    pub fn report(&self, version: &str) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Line { line_number, text, reason } => {
                out.extend_from_slice(
                    format!(
                        "\n*** FATAL CONFIG FILE ERROR (Redis {version}) ***\n\
                         Reading the configuration file, at line {line_number}\n>>> '"
                    )
                    .as_bytes(),
                );
                out.extend_from_slice(text);
                out.extend_from_slice(b"'\n");
                out.extend_from_slice(reason.as_bytes());
                out.push(b'\n');
            }
            Self::File { path, reason } => {
                out.extend_from_slice(b"Fatal error, can't open config file '");
                out.extend_from_slice(path);
                out.extend_from_slice(format!("': {reason}\n").as_bytes());
            }
        }
        out
    }
}

/// What is said of a directive nobody knows.
const BAD_DIRECTIVE: &str = "Bad directive or wrong number of arguments";

/// Directives of the past that are read over.
const RETIRED: &[&str] = &[
    "list-max-ziplist-entries",
    "list-max-ziplist-value",
    "lua-replicate-commands",
    "io-threads-do-reads",
];

impl Startup {
    /// Reads a configuration text: that of the file, of standard input and of the command line, joined in this order.
    pub fn load(text: &[u8], files: &dyn Files) -> Result<Self, LoadError> {
        let mut startup = Self::default();
        startup.read_text(text, files, 0)?;
        crate::validate::settle(&mut startup.config);
        if startup.load_modules.is_empty() {
            startup.refuse_unknown()?;
        }
        Ok(startup)
    }

    /// Refuses the first directive that neither a parameter nor, by now, a module has taken or might take.
    pub fn refuse_unknown(&self) -> Result<(), LoadError> {
        // One with a dot is a module's: whoever loads the modules says that there is none.
        match self.module_settings.iter().find(|setting| !setting.name.contains(&b'.')) {
            Some(setting) => Err(LoadError::Line {
                line_number: setting.line_number,
                text: setting.text.clone(),
                reason: BAD_DIRECTIVE.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// True when the parameter stood in the configuration.
    pub fn is_named(&self, name: &str) -> bool {
        self.named.contains(&name)
    }

    fn read_text(&mut self, text: &[u8], files: &dyn Files, depth: usize) -> Result<(), LoadError> {
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let line = trim(line);
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let wrong = |reason: Reason| LoadError::Line {
                line_number: index + 1,
                text: line.to_vec(),
                reason,
            };
            let words = split_arguments(line)
                .map_err(|_| wrong("Unbalanced quotes in configuration line".to_owned()))?;
            let Some((name, values)) = words.split_first() else { continue };
            if let (b"include", [pattern]) = (name.to_ascii_lowercase().as_slice(), values) {
                if depth >= INCLUDE_DEPTH_MAX {
                    return Err(wrong("include nested too deep".to_owned()));
                }
                if self.included >= INCLUDES_MAX {
                    return Err(wrong("too many includes".to_owned()));
                }
                self.include(pattern, files, depth)?;
                continue;
            }
            self.directive(name, values).map_err(wrong)?;
            if let Some(setting) =
                self.module_settings.last_mut().filter(|last| last.line_number == 0)
            {
                setting.line_number = index + 1;
                setting.text = line.to_vec();
            }
        }
        Ok(())
    }

    /// Reads the files a pattern names; a name without wildcards must exist.
    fn include(
        &mut self,
        pattern: &[u8],
        files: &dyn Files,
        depth: usize,
    ) -> Result<(), LoadError> {
        let is_glob = pattern.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['));
        let paths = if is_glob { files.glob(pattern) } else { vec![pattern.to_vec()] };
        for path in paths {
            self.included += 1;
            let text = files
                .read(&path)
                .map_err(|reason| LoadError::File { path: path.clone(), reason })?;
            self.read_text(&text, files, depth + 1)?;
        }
        Ok(())
    }

    fn directive(&mut self, name: &[u8], values: &[Vec<u8>]) -> Result<(), Reason> {
        let lower = name.to_ascii_lowercase();
        if let Some(parameter) = Parameter::find(&lower) {
            return self.parameter(parameter, values);
        }
        match (lower.as_slice(), values) {
            (b"rename-command", [old, new]) => {
                self.renamed_commands.push((old.clone(), new.clone()));
            }
            (b"user", [name, ..]) => self.user(name, values)?,
            (b"loadmodule", [path, arguments @ ..]) => self
                .load_modules
                .push(LoadModule { path: path.clone(), arguments: arguments.to_vec() }),
            (b"sentinel", _) => {
                return Err("sentinel directive while not in sentinel mode".to_owned());
            }
            (name, [_, ..]) if RETIRED.iter().any(|retired| retired.as_bytes() == name) => {}
            (name, [_, ..]) => self.module_settings.push(ModuleSetting {
                line_number: 0,
                text: Vec::new(),
                name: name.to_vec(),
                words: values.to_vec(),
            }),
            _ => return Err(BAD_DIRECTIVE.to_owned()),
        }
        Ok(())
    }

    fn user(&mut self, name: &[u8], words: &[Vec<u8>]) -> Result<(), Reason> {
        if self.users.iter().any(|known| known.first().is_some_and(|known| known == name)) {
            return Err(format!(
                "Error in user declaration '{}': Duplicate user found. A user can only be defined \
                 once in config files",
                String::from_utf8_lossy(name)
            ));
        }
        self.users.push(words.to_vec());
        Ok(())
    }

    fn parameter(
        &mut self,
        parameter: &'static Parameter,
        values: &[Vec<u8>],
    ) -> Result<(), Reason> {
        let several = parameter.has(Flags::MULTI_ARG);
        if !several && values.len() != 1 {
            return Err(WRONG_NUMBER_OF_ARGUMENTS.to_owned());
        }
        // A quoted list is one word of the line but several of the value.
        let words: Vec<&[u8]> = match values {
            [only] if several && !only.is_empty() => {
                only.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).collect()
            }
            _ => values.iter().map(Vec::as_slice).collect(),
        };
        let origin =
            if self.is_named(parameter.name) { Origin::FileAgain } else { Origin::FileFirst };
        (parameter.parse)(&mut self.config, &words, origin)?;
        crate::validate::with_others(parameter.name, &self.config)?;
        if origin == Origin::FileFirst {
            self.named.push(parameter.name);
        }
        Ok(())
    }
}

fn trim(line: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let start = line.iter().position(|byte| !blank(byte)).unwrap_or(line.len());
    let end = line.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    line.get(start..end).unwrap_or(&[])
}

#[cfg(test)]
mod tests;
