//! One row of the table, and the macro that turns rows into the struct and the list.

use crate::setting::{Origin, Reason};
use crate::table::Config;

bitflags::bitflags! {
    /// What may be done with a parameter.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Flags: u16 {
        /// Only at start.
        const IMMUTABLE = 1 << 0;
        /// Not shown by patterns, only by its exact name.
        const HIDDEN = 1 << 1;
        /// Its value must not be logged.
        const SENSITIVE = 1 << 2;
        /// Not while the data set is being loaded.
        const DENY_LOADING = 1 << 3;
        /// Settable only as `enable-protected-configs` says.
        const PROTECTED = 1 << 4;
        /// Takes several words.
        const MULTI_ARG = 1 << 5;
        /// Applied even when the text of the value is the same (a file behind it may have changed).
        const VOLATILE = 1 << 6;
        /// Means something only with TLS.
        const TLS = 1 << 7;
    }
}

/// How the text of a value is read and printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `yes` or `no`.
    Bool,
    /// One or several of a list of names.
    Enum,
    /// Any text.
    Text {
        /// The empty text means none.
        nullable: bool,
    },
    /// A number in a range.
    Number {
        /// Least value.
        min: i128,
        /// Greatest value.
        max: i128,
        /// How it is written.
        unit: Unit,
    },
    /// A syntax of its own.
    Special,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Plain digits.
    Integer,
    /// Octal digits.
    Octal,
    /// Bytes, with `kb`, `mb`, `gb` and the like.
    Memory,
    /// Bytes, or a percentage (kept as a negative number).
    MemoryOrPercent,
}

/// Short spellings for the rows of the table.
pub mod kinds {
    use super::{Kind, Unit};

    pub const INT_MIN: i128 = i32::MIN as i128;
    pub const INT_MAX: i128 = i32::MAX as i128;
    pub const UINT_MAX: i128 = u32::MAX as i128;
    pub const LONG_MAX: i128 = i64::MAX as i128;
    pub const ULONG_MAX: i128 = u64::MAX as i128;

    pub const BOOL: Kind = Kind::Bool;
    pub const ENUM: Kind = Kind::Enum;
    pub const TEXT: Kind = Kind::Text { nullable: false };
    pub const NULLABLE: Kind = Kind::Text { nullable: true };
    pub const SPECIAL: Kind = Kind::Special;

    pub const fn integer(min: i128, max: i128) -> Kind {
        Kind::Number { min, max, unit: Unit::Integer }
    }

    pub const fn octal(min: i128, max: i128) -> Kind {
        Kind::Number { min, max, unit: Unit::Octal }
    }

    pub const fn memory(min: i128, max: i128) -> Kind {
        Kind::Number { min, max, unit: Unit::Memory }
    }

    pub const fn memory_or_percent(min: i128, max: i128) -> Kind {
        Kind::Number { min, max, unit: Unit::MemoryOrPercent }
    }
}

/// Reads words into a field.
type Parse = fn(&mut Config, &[&[u8]], Origin) -> Result<(), Reason>;

/// One parameter: what is known about it and the ways to its field.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its older name.
    pub alias: Option<&'static str>,
    /// What it means.
    pub doc: &'static str,
    /// How its text is read.
    pub kind: Kind,
    /// What may be done with it.
    pub flags: Flags,
    pub(crate) print: fn(&Config) -> Vec<u8>,
    pub(crate) parse: Parse,
    pub(crate) lines: fn(&Config) -> Vec<Vec<u8>>,
    pub(crate) same: fn(&Config, &Config) -> bool,
    pub(crate) choices: fn() -> Option<&'static [&'static str]>,
}

impl Parameter {
    /// Finds a parameter by either name, in any case.
    pub fn find(name: &[u8]) -> Option<&'static Self> {
        crate::table::PARAMETERS.iter().find(|parameter| parameter.is_named(name))
    }

    /// True when `name` is its name or alias.
    pub fn is_named(&self, name: &[u8]) -> bool {
        name.eq_ignore_ascii_case(self.name.as_bytes())
            || self.alias.is_some_and(|alias| name.eq_ignore_ascii_case(alias.as_bytes()))
    }

    /// True when it has all of these flags.
    pub const fn has(&self, flags: Flags) -> bool {
        self.flags.contains(flags)
    }

    /// The names of an enumeration.
    pub fn choices(&self) -> Option<&'static [&'static str]> {
        (self.choices)()
    }
}

/// Turns rows `name: Type = default, "name" | "alias", kind, flags[, check function];` into the struct and the list.
macro_rules! parameters {
    ($(
        #[doc = $doc:literal]
        $field:ident: $type:ty = $default:expr, $name:literal $(| $alias:literal)?, $kind:expr, $flags:expr
        $(, check $check:path)?;
    )*) => {
        /// The values of all parameters.
        #[derive(Debug, Clone)]
        pub struct Config {
            $( #[doc = $doc] pub $field: $type, )*
            /// Parameters that modules registered.
            pub modules: crate::modules::ModuleParameters,
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $( $field: $default, )* modules: Default::default() }
            }
        }

        /// All parameters in the order of the table.
        pub static PARAMETERS: &[crate::parameter::Parameter] = &[ $(
            crate::parameter::Parameter {
                name: $name,
                alias: crate::parameter::first(&[$($alias)?]),
                doc: $doc.trim_ascii(),
                kind: $kind,
                flags: $flags,
                print: |config| crate::setting::Setting::print(&config.$field, $kind),
                parse: |config, words, origin| {
                    let value = crate::setting::Setting::parse(&config.$field, $kind, words, origin)?;
                    $( $check(&value)?; )?
                    config.$field = value;
                    Ok(())
                },
                lines: |config| crate::setting::Setting::lines(&config.$field, $kind),
                same: |one, other| one.$field == other.$field,
                choices: || <$type as crate::setting::Setting>::choices(),
            },
        )* ];
    };
}
pub(crate) use parameters;

/// The alias of a row, where it has one.
pub(crate) const fn first(aliases: &[&'static str]) -> Option<&'static str> {
    match aliases {
        [alias, ..] => Some(*alias),
        [] => None,
    }
}
