//! What goes to the AOF and to replicas: collected while a command runs, handed over at commit.

use persistence::aof::encode;

use crate::client::OwnedArgv;

/// A command to be written to the AOF and sent to replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Propagated {
    pub db: usize,
    pub argv: OwnedArgv,
    pub targets: Targets,
}

/// Where a command goes; a script may leave something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Targets {
    pub aof: bool,
    pub replicas: bool,
}

impl Default for Targets {
    fn default() -> Targets {
        Targets { aof: true, replicas: true }
    }
}

impl Targets {
    fn is_all(self) -> bool {
        self.aof && self.replicas
    }
}

/// Whether all commands go to the same places, so that nobody has to look.
pub(crate) fn all_go_everywhere(commands: &[Propagated]) -> bool {
    commands.iter().all(|command| command.targets.is_all())
}

/// Appends commands as clients send them, with the database they belong to; `together`: as a transaction.
pub(crate) fn encode_all(
    commands: &[Propagated],
    together: bool,
    db: &mut Option<usize>,
    out: &mut Vec<u8>,
) {
    if together {
        encode([b"MULTI".as_slice()].into_iter(), out);
    }
    for command in commands {
        if *db != Some(command.db) {
            *db = Some(command.db);
            let index = command.db.to_string();
            encode([b"SELECT".as_slice(), index.as_bytes()].into_iter(), out);
        }
        encode(command.argv.slices().into_iter(), out);
    }
    if together {
        encode([b"EXEC".as_slice()].into_iter(), out);
    }
}

/// The propagation of the command that runs now.
#[derive(Default)]
pub struct Propagation {
    /// Where commands go now.
    pub targets: Targets,
    /// Number of takers (AOF, replicas, tests); none: nothing is copied.
    takers: usize,
    /// What happens is read from a file, and concerns nobody.
    pub(crate) suspended: bool,
    /// What replaces the call's own words.
    pub rewrite: Option<OwnedArgv>,
    pub prevented: bool,
    /// A guest calls something that is not to be propagated: nothing that is nested in it is.
    pub muted: bool,
    /// The call is propagated though it changed nothing (PUBLISH).
    pub forced: bool,
    /// What is committed next is a number of changes that do not belong together: keys that SCAN found expired.
    pub apart: bool,
    /// Further commands of this call (expired keys, module replication), in order.
    pub also: Vec<Propagated>,
    /// Committed, waiting for the takers.
    pub out: Vec<Propagated>,
}

/// What a call has said of itself before it nests another.
pub(crate) struct Outer {
    rewrite: Option<OwnedArgv>,
    prevented: bool,
    forced: bool,
}

/// What somebody has not committed who waits for others.
pub struct PutAside {
    outer: Outer,
    muted: bool,
    also: Vec<Propagated>,
    out: Vec<Propagated>,
}

impl Propagation {
    pub fn is_wanted(&self) -> bool {
        self.takers > 0 && !self.suspended
    }

    pub fn add_taker(&mut self) {
        self.takers += 1;
    }

    pub fn remove_taker(&mut self) {
        self.takers = self.takers.saturating_sub(1);
    }

    /// Puts what is not committed aside, while others commit theirs; give it to [`Propagation::take_up`].
    pub fn put_aside(&mut self) -> PutAside {
        PutAside {
            outer: self.begin_nested(),
            muted: std::mem::take(&mut self.muted),
            also: std::mem::take(&mut self.also),
            out: std::mem::take(&mut self.out),
        }
    }

    /// Goes on with it.
    pub fn take_up(&mut self, aside: PutAside) {
        self.end_nested(aside.outer);
        self.muted = aside.muted;
        self.also.splice(0..0, aside.also);
        self.out.splice(0..0, aside.out);
    }

    /// What a nested call must not take for its own; give it back with [`Propagation::end_nested`].
    pub(crate) fn begin_nested(&mut self) -> Outer {
        Outer {
            rewrite: self.rewrite.take(),
            prevented: std::mem::take(&mut self.prevented),
            forced: std::mem::take(&mut self.forced),
        }
    }

    /// The nested call is over.
    pub(crate) fn end_nested(&mut self, outer: Outer) {
        Outer { rewrite: self.rewrite, prevented: self.prevented, forced: self.forced } = outer;
    }

    /// Adds a command that is propagated with the one that runs.
    pub fn also(&mut self, db: usize, argv: &[&[u8]]) {
        if !self.muted {
            self.also_in_any_case(db, argv);
        }
    }

    /// The same for what has to be propagated whoever caused it: what expires or is evicted is gone for everybody.
    pub fn also_in_any_case(&mut self, db: usize, argv: &[&[u8]]) {
        if self.is_wanted() {
            let argv = OwnedArgv::from_slices(argv);
            self.also.push(Propagated { db, argv, targets: self.targets });
        }
    }
}
