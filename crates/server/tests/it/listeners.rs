//! Where the server listens: several addresses, IPv6, missing ones, unix sockets, ports in use.

use std::io::Read as _;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;

use crate::{options, run, start, text};

fn ping(mut stream: impl std::io::Read + std::io::Write) -> String {
    stream.write_all(b"PING\r\n").expect("sent");
    let mut reply = [0; 7];
    stream.read_exact(&mut reply).expect("a reply");
    text(&reply)
}

#[test]
fn several_binds_of_which_one_may_be_missing() {
    let server =
        start(&options().option("bind", &["127.0.0.1", "127.0.0.2", "-203.0.113.7", "-::1"]));
    let port = server.address().port();
    for address in ["127.0.0.1", "127.0.0.2"] {
        assert_eq!(ping(TcpStream::connect((address, port)).expect("accepted")), "+PONG\r\n");
    }
    // A machine without IPv6 has nothing to check here.
    if let Ok(stream) = TcpStream::connect(("::1", port)) {
        assert_eq!(ping(stream), "+PONG\r\n");
    }
    assert!(TcpStream::connect(("127.0.0.3", port)).is_err());
}

#[test]
fn unix_socket_with_permissions() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("it.sock");
    let name = path.to_str().expect("the path is text");
    let server = start(&options().option("unixsocket", &[name]).option("unixsocketperm", &["700"]));
    assert_eq!(ping(UnixStream::connect(&path).expect("accepted")), "+PONG\r\n");
    let mode = std::fs::metadata(&path).expect("the socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert!(server.log().contains("Ready to accept connections unix"));
    server.stop();
    assert!(!path.exists());
}

#[test]
fn port_in_use_is_told() {
    let server = start(&options());
    let port = server.address().port().to_string();
    let output = run(&["--port", &port, "--bind", "127.0.0.1"]);
    assert_eq!(output.status.code(), Some(1));
    let log = text(&output.stdout);
    assert!(log.contains(&format!("Could not create server TCP listening socket 127.0.0.1:{port}: bind: Address already in use")), "{log}");
    assert!(log.contains(&format!("Failed listening on port {port} (tcp), aborting.")), "{log}");
}

#[test]
fn nowhere_to_listen_is_an_error() {
    let output = run(&["--port", "0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("Configured to not listen anywhere, exiting."));
}

#[test]
fn port_and_bind_change_while_running() {
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    let busy = start(&options());
    let taken = busy.address().port();
    let reply = client.line(&format!("CONFIG SET port {taken}")).expect("a reply");
    assert!(reply.text().is_some_and(|text| text.contains("Unable to listen on this port")));
    assert_eq!(
        ping(TcpStream::connect(server.address()).expect("the old port still listens")),
        "+PONG\r\n"
    );
    let reply = client.line("CONFIG SET bind 999.999.999.999").expect("a reply");
    assert!(
        reply.text().is_some_and(|text| text.contains("Failed to bind to specified addresses"))
    );
    assert_eq!(
        ping(TcpStream::connect(server.address()).expect("the old address still listens")),
        "+PONG\r\n"
    );
    let free = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("bound").port()
    };
    let reply = client.line(&format!("CONFIG SET port {free}")).expect("a reply");
    assert_eq!(reply.text().as_deref(), Some("OK"));
    assert_eq!(
        ping(TcpStream::connect(("127.0.0.1", free)).expect("the new port listens")),
        "+PONG\r\n"
    );
    assert!(TcpStream::connect(server.address()).is_err());
}

/// An address of this machine that is not loopback, if it has one.
fn outer_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    // Sends nothing: connecting a datagram socket only chooses the route.
    socket.connect("198.51.100.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback()).then_some(address)
}

#[test]
fn protected_mode_refuses_strangers() {
    let Some(address) = outer_address() else { return };
    let server = start(&options().option("bind", &["*"]));
    let port = server.address().port();
    let mut stream = TcpStream::connect((address, port)).expect("accepted");
    let mut refusal = String::new();
    stream.read_to_string(&mut refusal).expect("told and closed");
    assert!(refusal.starts_with("-DENIED "), "{refusal}");
    let mut client = server.client().expect("loopback is welcome");
    client.line("CONFIG SET protected-mode no").expect("a reply");
    assert_eq!(ping(TcpStream::connect((address, port)).expect("accepted")), "+PONG\r\n");
}
