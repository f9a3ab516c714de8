//! What a command asks the shell to do: a closed list, performed after the command.

use crate::client::{ClientId, OwnedArgv};

/// How the server shall end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShutdownRequest {
    /// `Some(true)` SAVE, `Some(false)` NOSAVE, `None` as configured.
    pub save: Option<bool>,
    pub now: bool,
    pub force: bool,
    pub abort: bool,
}

/// Work for the shell.
#[derive(Debug)]
pub enum Effect {
    /// Close this connection; `after_reply` lets its output go out first.
    Disconnect { client: ClientId, after_reply: bool },
    /// The client may go on: its buffered requests are to be executed.
    Resume { client: ClientId },
    /// Execute this command, which was held back, in the name of the client.
    Execute { client: ClientId, argv: OwnedArgv },
    /// End the server; the asking client waits for the outcome.
    Shutdown { client: Option<ClientId>, request: ShutdownRequest },
    /// The listed parameters have changed and belong to the shell (bind, port, maxclients, hz …).
    ConfigChanged { name: &'static str },
    /// These parameters have new values which may fail to take effect: apply them and reply, or put the previous ones back
    /// and reply with the reason.
    ConfigSet { client: ClientId, values: Box<crate::config_set::NewValues> },
    /// Write the configuration file anew; the reply has been left to the shell.
    ConfigRewrite { client: ClientId, force_all: bool },
    /// The primary to be followed is another, or none: end the link there is and begin anew.
    FollowPrimary,
    /// A child may be due that writes the dataset for replicas.
    SyncReplicas,
    /// Send a replica the dataset's file, which is whole.
    SendDataset { client: ClientId },
    /// End a child process whose work is of no use any more, and remove what it has written.
    EndChild { process_id: i32 },
    /// Remove a file of the working directory.
    RemoveFile { name: String },
    /// Nothing can be promised any more: log this and end at once, before anybody is replied to.
    Fatal { text: String },
    /// Drop these in the background.
    FreeInBackground(Box<dyn std::any::Any + Send>),
    /// Write a log line.
    Log { level: LogLevel, text: String },
}

/// Levels of the server's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Debug,
    Verbose,
    Notice,
    Warning,
}
