//! One of the two servers, with a connection that takes whole batches.

use std::time::{Duration, Instant};

use testkit::{Client, Reply, ServerOptions, ServerProcess, encode_command};

use super::generate::Words;
use crate::Result;

/// How long a reply may take; a server that is slower hangs.
const TIMEOUT: Duration = Duration::from_secs(10);

pub struct Side {
    options: ServerOptions,
    process: ServerProcess,
    client: Client,
    /// Why the last exchange broke off.
    pub lost: Option<String>,
}

impl Side {
    pub fn start(binary: &std::path::Path) -> Result<Side> {
        let options = ServerOptions::new(binary)
            .option("enable-debug-command", &["yes"])
            .option("databases", &["16"])
            // A wait that ends is noticed with this frequency.
            .option("hz", &["500"]);
        let process = ServerProcess::start(&options)?;
        let client = connect(&process)?;
        Ok(Side { options, process, client, lost: None })
    }

    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Sends commands without waiting for what they answer.
    pub fn send(&mut self, commands: &[Words]) {
        self.lost = None;
        let mut bytes = Vec::new();
        for command in commands {
            bytes.extend_from_slice(&encode_command(command));
        }
        if let Err(error) = self.client.send(&bytes) {
            self.lost = Some(error.to_string());
        }
    }

    /// The replies to what was sent; those that never came are errors that say so.
    pub fn receive(&mut self, count: usize) -> Vec<Reply> {
        let began = Instant::now();
        let mut replies = Vec::with_capacity(count);
        while replies.len() < count && self.lost.is_none() {
            match self.client.read() {
                Ok(reply) => replies.push(reply),
                Err(error) => {
                    let waited = began.elapsed().as_secs_f32();
                    self.lost = Some(format!("{error}, {waited:.1} s after the batch was sent"));
                }
            }
        }
        replies.resize(count, Reply::Error(b"(the server is gone)".to_vec()));
        replies
    }

    /// A new server in the place of one that is gone or hangs; the last lines of what it wrote.
    pub fn revive(&mut self) -> Result<String> {
        let log = self.process.log();
        self.process = ServerProcess::start(&self.options)?;
        self.client = connect(&self.process)?;
        self.lost = None;
        let lines: Vec<&str> = log.lines().collect();
        Ok(lines[lines.len().saturating_sub(40)..].join("\n"))
    }
}

fn connect(process: &ServerProcess) -> Result<Client> {
    let mut client = process.client()?;
    client.set_timeout(TIMEOUT);
    Ok(client)
}
