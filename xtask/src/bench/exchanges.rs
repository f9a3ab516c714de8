//! What redis-benchmark cannot send: transactions, and messages to many subscribers. All replies have a known length, so the
//! load writes a round to every connection and reads as many bytes as it is owed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use testkit::{ServerProcess, encode_command};

use super::load::{CONNECTIONS, KEYS, LOAD_CORE, Round, VALUE};
use super::stats::cpu_seconds;
use crate::{Result, exec};

const SUBSCRIBERS: usize = 100;
const CHANNEL: &str = "channel";
const SETS: usize = 10;
const TIMEOUT: Duration = Duration::from_secs(20);

/// What is sent and what comes of it.
pub struct Exchange {
    pub name: &'static str,
    /// The request with this number, in the protocol's form.
    request: fn(u64) -> Vec<u8>,
    reply: fn() -> Vec<u8>,
    /// How many clients are told of each request, and what.
    subscribers: usize,
    message: fn() -> Vec<u8>,
    /// So many times the work of an ordinary command.
    weight: usize,
}

pub const EXCHANGES: &[Exchange] = &[
    Exchange {
        name: "MULTI-10-SET",
        request: transaction,
        reply: transaction_reply,
        subscribers: 0,
        message: Vec::new,
        weight: 10,
    },
    Exchange {
        name: "PUBLISH-100",
        request: publish,
        reply: || format!(":{SUBSCRIBERS}\r\n").into_bytes(),
        subscribers: SUBSCRIBERS,
        message: || encode_command(&["message", CHANNEL, VALUE]),
        weight: 50,
    },
];

fn transaction(number: u64) -> Vec<u8> {
    let mut bytes = encode_command(&["MULTI"]);
    for place in 0..SETS as u64 {
        // Knuth's multiplier scatters them.
        let key = (number * SETS as u64 + place).wrapping_mul(6_364_136_223_846_793_005) >> 32;
        bytes.extend(encode_command(&["SET", &format!("key:{:012}", key % KEYS), VALUE]));
    }
    bytes.extend(encode_command(&["EXEC"]));
    bytes
}

fn transaction_reply() -> Vec<u8> {
    let queued = "+QUEUED\r\n".repeat(SETS);
    format!("+OK\r\n{queued}*{SETS}\r\n{}", "+OK\r\n".repeat(SETS)).into_bytes()
}

fn publish(_number: u64) -> Vec<u8> {
    encode_command(&["PUBLISH", CHANNEL, VALUE])
}

impl Exchange {
    /// Plays about `requests` ordinary commands' worth of it.
    pub fn round_on(
        &self,
        server: &ServerProcess,
        requests: usize,
        pipeline: usize,
    ) -> Result<Round> {
        let rounds = (requests / self.weight).div_ceil(CONNECTIONS * pipeline).max(1);
        let mut load = Load::connect(self, server.address())?;
        let before = cpu_seconds(server.pid())?;
        let began = Instant::now();
        let waits_ms = std::thread::scope(|scope| {
            scope
                .spawn(|| load.play(self, rounds, pipeline).map_err(|error| error.to_string()))
                .join()
        });
        let waits_ms = waits_ms.map_err(|_| "the load panicked")??;
        let took_s = began.elapsed().as_secs_f64();
        let used_s = cpu_seconds(server.pid())? - before;
        let count = (rounds * CONNECTIONS * pipeline) as f64;
        Ok(Round {
            per_cpu_second: count / used_s,
            per_second: count / took_s,
            p99_ms: percentile_99(waits_ms),
        })
    }
}

fn percentile_99(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * 99 / 100).copied().unwrap_or(f64::NAN)
}

/// The connections of one round.
struct Load {
    clients: Vec<TcpStream>,
    subscribers: Vec<TcpStream>,
    buffer: Vec<u8>,
}

impl Load {
    fn connect(exchange: &Exchange, address: SocketAddr) -> Result<Load> {
        let open = || -> Result<TcpStream> {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(TIMEOUT))?;
            Ok(stream)
        };
        let clients = (0..CONNECTIONS).map(|_| open()).collect::<Result<_>>()?;
        let mut subscribers = Vec::new();
        for _ in 0..exchange.subscribers {
            let mut stream = open()?;
            stream.write_all(&encode_command(&["SUBSCRIBE", CHANNEL]))?;
            let mut confirmation = encode_command(&["subscribe", CHANNEL]);
            // An array of three whose last element is a number.
            confirmation.splice(0..2, *b"*3");
            confirmation.extend_from_slice(b":1\r\n");
            stream.read_exact(&mut confirmation)?;
            subscribers.push(stream);
        }
        let mut load = Load { clients, subscribers, buffer: Vec::new() };
        load.check(exchange)?;
        Ok(load)
    }

    /// The length of replies says nothing of what is in them.
    fn check(&mut self, exchange: &Exchange) -> Result<()> {
        let (reply, message) = ((exchange.reply)(), (exchange.message)());
        let Some(client) = self.clients.first_mut() else { return Ok(()) };
        client.write_all(&(exchange.request)(0))?;
        let told = self.subscribers.iter_mut().map(|stream| (stream, &message));
        for (stream, expected) in std::iter::once((client, &reply)).chain(told) {
            let mut bytes = vec![0; expected.len()];
            stream.read_exact(&mut bytes)?;
            if bytes != *expected {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return Err(format!("{}: {text:?}", exchange.name).into());
            }
        }
        Ok(())
    }

    /// How many milliseconds each round took.
    fn play(&mut self, exchange: &Exchange, rounds: usize, pipeline: usize) -> Result<Vec<f64>> {
        // On Linux a link to the number of this very thread.
        let own = std::fs::read_link("/proc/thread-self")?;
        let thread = own.file_name().ok_or("no thread")?;
        exec::output(Command::new("taskset").args(["-c", "-p", LOAD_CORE]).arg(thread))?;
        let reply_len = (exchange.reply)().len() * pipeline;
        let message_len = (exchange.message)().len() * pipeline * self.clients.len();
        self.buffer.resize(reply_len.max(message_len), 0);
        let mut waits_ms = Vec::with_capacity(rounds);
        let mut number = 0;
        for _ in 0..rounds {
            let began = Instant::now();
            for client in &mut self.clients {
                let mut block = Vec::new();
                for _ in 0..pipeline {
                    block.extend((exchange.request)(number));
                    number += 1;
                }
                client.write_all(&block)?;
            }
            for client in &mut self.clients {
                client.read_exact(&mut self.buffer[..reply_len])?;
            }
            for subscriber in &mut self.subscribers {
                subscriber.read_exact(&mut self.buffer[..message_len])?;
            }
            waits_ms.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(waits_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_twelve_commands() {
        let text = String::from_utf8(transaction(3)).expect("text");
        assert_eq!(text.matches("SET").count(), SETS);
        assert!(text.starts_with("*1\r\n$5\r\nMULTI\r\n*3\r\n") && text.ends_with("EXEC\r\n"));
        assert_eq!(transaction(3).len(), transaction(4).len());
        assert_ne!(transaction(3), transaction(4));
        assert!(transaction_reply().ends_with(
            b"*10\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n"
        ));
    }
}
