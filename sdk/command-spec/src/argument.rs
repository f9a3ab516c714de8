//! The argument tree of a command, as COMMAND DOCS shows it.

/// What kind of word an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentType {
    String,
    Integer,
    Double,
    Key,
    Pattern,
    UnixTime,
    PureToken,
    OneOf,
    Block,
}

impl ArgumentType {
    /// The name that COMMAND DOCS prints.
    pub const fn name(self) -> &'static str {
        match self {
            ArgumentType::String => "string",
            ArgumentType::Integer => "integer",
            ArgumentType::Double => "double",
            ArgumentType::Key => "key",
            ArgumentType::Pattern => "pattern",
            ArgumentType::UnixTime => "unix-time",
            ArgumentType::PureToken => "pure-token",
            ArgumentType::OneOf => "oneof",
            ArgumentType::Block => "block",
        }
    }
}

/// One argument or a group of them. Build with the constructors and the chained options.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    pub name: &'static str,
    pub kind: ArgumentType,
    /// What to display instead of the name.
    pub display: Option<&'static str>,
    pub token: Option<&'static str>,
    /// Which key spec describes this key.
    pub key_spec: Option<u8>,
    pub since: Option<&'static str>,
    pub summary: Option<&'static str>,
    pub deprecated_since: Option<&'static str>,
    pub optional: bool,
    pub multiple: bool,
    /// The token is repeated with each value.
    pub multiple_token: bool,
    pub arguments: &'static [Argument],
}

impl Argument {
    const fn new(name: &'static str, kind: ArgumentType) -> Argument {
        Argument {
            name,
            kind,
            display: None,
            token: None,
            key_spec: None,
            since: None,
            summary: None,
            deprecated_since: None,
            optional: false,
            multiple: false,
            multiple_token: false,
            arguments: &[],
        }
    }

    /// A key described by key spec number `key_spec`.
    pub const fn key(name: &'static str, key_spec: u8) -> Argument {
        let mut argument = Argument::new(name, ArgumentType::Key);
        argument.key_spec = Some(key_spec);
        argument
    }

    /// Any string.
    pub const fn string(name: &'static str) -> Argument {
        Argument::new(name, ArgumentType::String)
    }

    /// A 64-bit integer.
    pub const fn integer(name: &'static str) -> Argument {
        Argument::new(name, ArgumentType::Integer)
    }

    /// A floating-point number.
    pub const fn double(name: &'static str) -> Argument {
        Argument::new(name, ArgumentType::Double)
    }

    /// A glob-style pattern.
    pub const fn pattern(name: &'static str) -> Argument {
        Argument::new(name, ArgumentType::Pattern)
    }

    /// A point in time, seconds or milliseconds since 1970.
    pub const fn unix_time(name: &'static str) -> Argument {
        Argument::new(name, ArgumentType::UnixTime)
    }

    /// A keyword that stands alone.
    pub const fn pure_token(name: &'static str, token: &'static str) -> Argument {
        Argument::new(name, ArgumentType::PureToken).token(token)
    }

    /// Exactly one of several.
    pub const fn one_of(name: &'static str, arguments: &'static [Argument]) -> Argument {
        let mut argument = Argument::new(name, ArgumentType::OneOf);
        argument.arguments = arguments;
        argument
    }

    /// Several that belong together.
    pub const fn block(name: &'static str, arguments: &'static [Argument]) -> Argument {
        let mut argument = Argument::new(name, ArgumentType::Block);
        argument.arguments = arguments;
        argument
    }

    /// Preceded by this keyword.
    pub const fn token(mut self, token: &'static str) -> Argument {
        self.token = Some(token);
        self
    }

    /// Shown under another name.
    pub const fn display(mut self, display: &'static str) -> Argument {
        self.display = Some(display);
        self
    }

    /// Described by this key spec.
    pub const fn key_spec(mut self, index: u8) -> Argument {
        self.key_spec = Some(index);
        self
    }

    /// Accepted from this version on.
    pub const fn since(mut self, version: &'static str) -> Argument {
        self.since = Some(version);
        self
    }

    /// A word of explanation.
    pub const fn summary(mut self, summary: &'static str) -> Argument {
        self.summary = Some(summary);
        self
    }

    /// Discouraged from this version on.
    pub const fn deprecated_since(mut self, version: &'static str) -> Argument {
        self.deprecated_since = Some(version);
        self
    }

    /// May be left out.
    pub const fn optional(mut self) -> Argument {
        self.optional = true;
        self
    }

    /// May be repeated.
    pub const fn multiple(mut self) -> Argument {
        self.multiple = true;
        self
    }

    /// Repeated together with its token.
    pub const fn multiple_token(mut self) -> Argument {
        self.multiple = true;
        self.multiple_token = true;
        self
    }
}
