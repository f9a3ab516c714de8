//! The enumerations of the configuration, each value with its Redis name.

use crate::parameter::Kind;
use crate::setting::{Origin, Reason, Setting, single};

/// Declares an enumeration with the names its values have in redis.conf.
macro_rules! named {
    ($( #[$meta:meta] pub enum $type:ident { $( $variant:ident = $name:literal, )* } )*) => { $(
        #[$meta]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $type { $( #[doc = concat!("`", $name, "`")] $variant, )* }

        impl $type {
            /// All values in the order of their names.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The name in redis.conf.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }
        }

        impl Setting for $type {
            fn print(&self, _kind: Kind) -> Vec<u8> {
                self.name().as_bytes().to_vec()
            }

            fn parse(&self, _kind: Kind, words: &[&[u8]], _origin: Origin) -> Result<Self, Reason> {
                let word = single(words)?;
                let found = Self::ALL.iter().find(|value| word.eq_ignore_ascii_case(value.name().as_bytes()));
                found.copied().ok_or_else(|| one_of(&[ $( $name, )* ]))
            }

            fn choices() -> Option<&'static [&'static str]> {
                Some(&[ $( $name, )* ])
            }
        }
    )* };
}

/// Declares a set of flags with the names they have in redis.conf.
macro_rules! named_flags {
    ($( #[$meta:meta] pub struct $type:ident { $( $flag:ident = $bits:literal, $name:literal; )* } )*) => { $(
        bitflags::bitflags! {
            #[$meta]
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $type: u32 { $( #[doc = concat!("`", $name, "`")] const $flag = $bits; )* }
        }

        impl Setting for $type {
            fn print(&self, _kind: Kind) -> Vec<u8> {
                print_flags(self.bits(), &[ $( ($name, $bits), )* ])
            }

            fn parse(&self, _kind: Kind, words: &[&[u8]], _origin: Origin) -> Result<Self, Reason> {
                parse_flags(words, &[ $( ($name, $bits), )* ]).map(Self::from_bits_truncate)
            }

            fn choices() -> Option<&'static [&'static str]> {
                Some(&[ $( $name, )* ])
            }
        }
    )* };
}

named! {
    /// Which keys to evict.
    pub enum MaxmemoryPolicy {
        VolatileLru = "volatile-lru",
        VolatileLfu = "volatile-lfu",
        VolatileRandom = "volatile-random",
        VolatileTtl = "volatile-ttl",
        VolatileLrm = "volatile-lrm",
        AllkeysLru = "allkeys-lru",
        AllkeysLfu = "allkeys-lfu",
        AllkeysRandom = "allkeys-random",
        AllkeysLrm = "allkeys-lrm",
        Noeviction = "noeviction",
    }

    /// Facility of syslog messages.
    pub enum SyslogFacility {
        User = "user",
        Local0 = "local0",
        Local1 = "local1",
        Local2 = "local2",
        Local3 = "local3",
        Local4 = "local4",
        Local5 = "local5",
        Local6 = "local6",
        Local7 = "local7",
    }

    /// Least important messages that are logged.
    pub enum LogLevel {
        Debug = "debug",
        Verbose = "verbose",
        Notice = "notice",
        Warning = "warning",
        Nothing = "nothing",
    }

    /// The service manager to talk to.
    pub enum Supervised {
        Upstart = "upstart",
        Systemd = "systemd",
        Auto = "auto",
        No = "no",
    }

    /// When the AOF is flushed to disk.
    pub enum AppendFsync {
        Everysec = "everysec",
        Always = "always",
        No = "no",
    }

    /// The version of RDB files that are saved.
    pub enum RdbVersion {
        Newest = "newest",
        Redis70 = "10",
        Redis72 = "11",
    }

    /// When a replica loads straight from the socket.
    pub enum ReplDisklessLoad {
        Disabled = "disabled",
        OnEmptyDb = "on-empty-db",
        Swapdb = "swapdb",
        Flushdb = "flushdb",
    }

    /// Whether TLS clients show certificates.
    pub enum TlsAuthClients {
        No = "no",
        Yes = "yes",
        Optional = "optional",
    }

    /// Certificate field that names the user.
    pub enum TlsAuthClientsUser {
        CommonName = "CN",
        Off = "off",
    }

    /// How the out-of-memory score is set.
    pub enum OomScoreAdj {
        No = "no",
        Yes = "yes",
        Relative = "relative",
        Absolute = "absolute",
    }

    /// Channels of a new user.
    pub enum AclPubsubDefault {
        Allchannels = "allchannels",
        Resetchannels = "resetchannels",
    }

    /// When payloads are checked in depth.
    pub enum SanitizeDumpPayload {
        No = "no",
        Yes = "yes",
        Clients = "clients",
    }

    /// Who may use a protected command or parameter.
    pub enum ProtectedAction {
        No = "no",
        Yes = "yes",
        Local = "local",
    }

    /// What redirections name.
    pub enum ClusterEndpointType {
        Ip = "ip",
        Hostname = "hostname",
        UnknownEndpoint = "unknown-endpoint",
    }

    /// What a failing command in the replication stream causes.
    pub enum PropagationErrorBehavior {
        Ignore = "ignore",
        Panic = "panic",
        PanicOnReplicas = "panic-on-replicas",
    }
}

named_flags! {
    /// Options of a shutdown started by a signal.
    pub struct ShutdownFlags {
        DEFAULT = 0, "default";
        SAVE = 1, "save";
        NOSAVE = 2, "nosave";
        NOW = 4, "now";
        FORCE = 8, "force";
    }

    /// What is counted per slot.
    pub struct SlotStats {
        NO = 0, "no";
        YES = 7, "yes";
        CPU = 1, "cpu";
        NET = 2, "net";
        MEM = 4, "mem";
    }
}

/// The refusal that lists the names.
pub(crate) fn one_of(names: &[&str]) -> Reason {
    format!("argument(s) must be one of the following: {}", names.join(", "))
}

fn parse_flags(words: &[&[u8]], names: &[(&str, u32)]) -> Result<u32, Reason> {
    let refuse = || {
        let names: Vec<&str> = names.iter().map(|&(name, _)| name).collect();
        one_of(&names)
    };
    if words.is_empty() {
        return Err(refuse());
    }
    let mut bits = 0;
    for word in words {
        let found = names.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
        match found {
            Some((_, flag)) => bits |= flag,
            None => return Err(refuse()),
        }
    }
    Ok(bits)
}

/// The shortest list of names for the bits: an exact name first, else every name it contains.
fn print_flags(bits: u32, names: &[(&str, u32)]) -> Vec<u8> {
    if let Some((name, _)) = names.iter().find(|(_, flag)| *flag == bits) {
        return name.as_bytes().to_vec();
    }
    let contained: Vec<&str> = names
        .iter()
        .filter(|(_, flag)| *flag != 0 && bits & flag == *flag)
        .map(|&(name, _)| name)
        .collect();
    contained.join(" ").into_bytes()
}
