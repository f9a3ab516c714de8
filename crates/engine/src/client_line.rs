//! What CLIENT LIST, CLIENT INFO and the log say of a client: one line of `name=value` words.

use crate::client::{Client, ClientId, client_flag};
use crate::client_memory::REPLY_BUFFER_BYTES;
use crate::state::State;

/// Letters of the `flags` word, in their order.
const LETTERS: &[(u64, char)] = &[
    (client_flag::MONITOR, 'O'),
    (client_flag::REPLICA, 'S'),
    (client_flag::MASTER, 'M'),
    (client_flag::PUBSUB, 'P'),
    (client_flag::MULTI, 'x'),
    (client_flag::BLOCKED, 'b'),
    (client_flag::DIRTY_CAS, 'd'),
    (client_flag::CLOSE_AFTER_REPLY, 'c'),
    (client_flag::CLOSE_ASAP, 'A'),
    (client_flag::UNIX_SOCKET, 'U'),
    (client_flag::READONLY, 'r'),
    (client_flag::NO_EVICT, 'e'),
    (client_flag::NO_TOUCH, 'T'),
    (client_flag::INTERNAL, 'I'),
];

impl Client {
    /// The `flags` word.
    pub fn flag_letters(&self) -> String {
        let mut letters: String =
            LETTERS.iter().filter(|(bits, _)| self.has(*bits)).map(|(_, letter)| *letter).collect();
        if let Some(options) = &self.tracking {
            letters.push('t');
            if options.broken_redirect {
                letters.push('R');
            }
            if options.broadcast {
                letters.push('B');
            }
        }
        if letters.is_empty() { "N".to_owned() } else { letters }
    }
}

impl State {
    /// The line of one client, without a line end.
    pub fn client_line(&self, client: ClientId) -> Vec<u8> {
        let Some(session) = self.clients.get(client) else { return Vec::new() };
        let now_ms = self.clock.unix_ms();
        let connection = &session.connection;
        let mut line = format!(
            "id={} addr={} laddr={} fd={} name=",
            session.id,
            session.peer.address,
            session.peer.local_address,
            session.peer.file_descriptor
        )
        .into_bytes();
        line.extend_from_slice(&session.name);
        let redirect = session.tracking_redirect().map_or(-1, |number| number as i64);
        let output = session.output_bytes();
        let in_buffer = session.reply.unsent_len() - output;
        let output =
            output + usize::try_from(self.unsent_stream_bytes(client)).unwrap_or(usize::MAX);
        let multi = if session.has(client_flag::MULTI) {
            session.queue.len().to_string()
        } else {
            "-1".to_owned()
        };
        line.extend_from_slice(
            format!(
                " age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={multi} watch={} \
                 qbuf={} qbuf-free={} argv-mem={} multi-mem={} rbs={} rbp={} obl={} oll={} omem={output} \
                 omem-shared=0 omem-unshared=0 tot-mem={} events={} cmd={} user={} redir={redirect} \
                 resp={} lib-name=",
                (now_ms - session.created_ms) / 1000,
                (now_ms - session.last_interaction_ms) / 1000,
                session.flag_letters(),
                session.db,
                session.channels.len(),
                session.patterns.len(),
                session.shard_channels.len(),
                session.watched.len(),
                connection.query_buffer_bytes,
                connection.query_buffer_free_bytes,
                session.argument_bytes(),
                session.queue_bytes,
                session.reply_room.bytes,
                session.reply_room.peak,
                in_buffer,
                output.div_ceil(REPLY_BUFFER_BYTES),
                self.told_memory(session),
                if session.reply.unsent_len() > 0 { "rw" } else { "r" },
                session.last_command.as_ref().map_or("NULL", |command| &command.full_name),
                session.user.name(),
                if session.reply.resp3() { 3 } else { 2 },
            )
            .as_bytes(),
        );
        line.extend_from_slice(&session.library_name);
        line.extend_from_slice(b" lib-ver=");
        line.extend_from_slice(&session.library_version);
        line.extend_from_slice(
            format!(
                " io-thread=0 tot-net-in={} tot-net-out={} tot-cmds={} read-events={} \
                 avg-pipeline-len-sum={} avg-pipeline-len-cnt={}",
                connection.net_input_bytes,
                connection.net_output_bytes,
                session.commands_processed,
                connection.read_events,
                session.commands_processed,
                connection.parse_batches,
            )
            .as_bytes(),
        );
        line
    }
}
