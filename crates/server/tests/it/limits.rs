//! Limits: number of clients, query buffer, output buffer, idle time, authentication.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::{PATIENCE, eventually, options, start, text};

#[test]
fn too_many_clients() {
    let server = start(&options().option("maxclients", &["3"]));
    let clients: Vec<_> = (0..3).map(|_| server.client().expect("a connection")).collect();
    eventually("a refusal", || {
        let mut stream = TcpStream::connect(server.address()).expect("accepted");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(b"PING\r\n").expect("sent");
        let mut reply = Vec::new();
        // Closed with bytes unread, the connection may be reset behind the refusal.
        let _ = stream.read_to_end(&mut reply);
        text(&reply).starts_with("-ERR max number of clients reached")
    });
    drop(clients);
    eventually("room again", || {
        server
            .client()
            .ok()
            .and_then(|mut client| client.line("PING").ok())
            .is_some_and(|reply| !reply.is_error())
    });
}

#[test]
fn query_buffer_limit() {
    let server = start(&options().option("client-query-buffer-limit", &["1mb"]));
    let mut stream = TcpStream::connect(server.address()).expect("accepted");
    stream.write_all(b"*2\r\n$4\r\nECHO\r\n$100000000\r\n").expect("sent");
    let chunk = vec![b'x'; 64 * 1024];
    for _ in 0..64 {
        if stream.write_all(&chunk).is_err() {
            break;
        }
    }
    eventually("the log", || {
        server.log().contains("Closing client that reached max query buffer length")
    });
    let mut client = server.client().expect("others are served");
    assert!(!client.line("PING").expect("a reply").is_error());
}

#[test]
fn output_buffer_limit() {
    let server =
        start(&options().option("client-output-buffer-limit", &["normal", "4mb", "0", "0"]));
    let mut client = server.client().expect("a connection");
    let value = vec![b'v'; 1 << 20];
    client.command(&[b"SET".as_slice(), b"k", &value]).expect("a reply");
    let mut greedy = TcpStream::connect(server.address()).expect("accepted");
    greedy.write_all("GET k\r\n".repeat(40).as_bytes()).expect("sent");
    eventually("the log", || {
        server.log().contains("closed for overcoming of output buffer limits.")
    });
    assert!(!client.line("PING").expect("a reply").is_error());
}

#[test]
fn idle_clients_are_closed() {
    let server = start(&options().option("timeout", &["1"]));
    let mut stream = TcpStream::connect(server.address()).expect("accepted");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut rest = Vec::new();
    assert_eq!(stream.read_to_end(&mut rest).expect("closed by the server"), 0);
}

#[test]
fn strangers_may_not_send_much() {
    let server = start_with_password();
    for bytes in [b"*11\r\n".as_slice(), b"*2\r\n$4\r\nECHO\r\n$16385\r\n"] {
        let mut stream = TcpStream::connect(server.address()).expect("accepted");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(bytes).expect("sent");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("told and closed");
        assert!(reply.starts_with("-ERR Protocol error: unauthenticated"), "{reply}");
    }
    let mut stream = TcpStream::connect(server.address()).expect("accepted");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    // What comes behind AUTH in the same packet is read with the rights that AUTH gives.
    stream.write_all(b"AUTH secret\r\n*11\r\n$5\r\nMSETX\r\n").expect("sent");
    let mut reply = [0; 5];
    stream.read_exact(&mut reply).expect("a reply");
    assert_eq!(text(&reply), "+OK\r\n");
    for _ in 0..10 {
        stream.write_all(b"$1\r\na\r\n").expect("still open");
    }
    let mut reply = [0; 4];
    stream.read_exact(&mut reply).expect("a reply");
    assert_eq!(text(&reply), "-ERR");
}

fn start_with_password() -> testkit::ServerProcess {
    start(&options().option("requirepass", &["secret"]))
}

/// Many clients ask for much at once and read nothing: they go, not the keys.
#[test]
fn clients_go_before_keys() {
    let server = start(
        &options()
            .option("maxmemory-policy", &["allkeys-lru"])
            .option("maxmemory-clients", &["3mb"])
            .option("maxmemory", &["11mb"]),
    );
    let mut client = server.client().expect("a connection");
    client.line("CLIENT NO-EVICT ON").expect("a reply");
    for key in 0..500 {
        client.line(&format!("SETRANGE key{key} 10000 x")).expect("a reply");
    }
    let request = "MGET key1 key2 key3 key4 key5 key6 key7 key8 key9\r\n".repeat(18);
    let mut greedy = Vec::new();
    eventually("clients go", || {
        for _ in 0..20 {
            let mut stream = TcpStream::connect(server.address()).expect("accepted");
            // It may be closed already.
            let _ = stream.write_all(request.as_bytes());
            greedy.push(stream);
        }
        let info = client.line("INFO stats").expect("a reply").text().expect("a text");
        assert!(info.contains("evicted_keys:0\r\n"), "{info}");
        !info.contains("evicted_clients:0\r\n")
    });
    assert_eq!(client.line("DBSIZE").expect("a reply"), testkit::Reply::Integer(500));
}
