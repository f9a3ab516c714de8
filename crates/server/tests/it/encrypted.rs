//! TLS with rustls as the client: who may connect, what is agreed upon, reload without an interruption, replication.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};
use testkit::{ServerOptions, ServerProcess};

use crate::{eventually, options, start};

/// A folder with an authority, and certificates it has signed.
struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    fn new() -> Certificates {
        let folder = tempfile::tempdir().expect("a folder");
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, "Authority");
        let key = KeyPair::generate().expect("a key");
        let authority = parameters.self_signed(&key).expect("a certificate");
        write(folder.path(), "ca.crt", &authority.pem());
        let issuer = Issuer::new(parameters, key);
        for name in ["server", "client", "other"] {
            let mut parameters =
                CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
            parameters.distinguished_name.push(DnType::CommonName, name);
            let key = KeyPair::generate().expect("a key");
            let certificate = parameters.signed_by(&key, &issuer).expect("a certificate");
            write(folder.path(), &format!("{name}.crt"), &certificate.pem());
            write(folder.path(), &format!("{name}.key"), &key.serialize_pem());
        }
        Certificates { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("the path is text").to_owned()
    }

    fn options(&self, tls_port: u16) -> ServerOptions {
        options()
            .option("tls-port", &[&tls_port.to_string()])
            .option("tls-cert-file", &[&self.path("server.crt")])
            .option("tls-key-file", &[&self.path("server.key")])
            .option("tls-ca-cert-file", &[&self.path("ca.crt")])
    }

    /// A server and its TLS port.
    fn start(&self) -> (ServerProcess, u16) {
        let tls_port = free_port();
        (start(&self.options(tls_port)), tls_port)
    }

    fn client(
        &self,
        name: Option<&str>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ClientConfig> {
        let read = |name: &str| std::fs::read(self.path(name)).expect("a file");
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(&read("ca.crt")).expect("a certificate"))
            .expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots);
        let config = match name {
            None => builder.with_no_client_auth(),
            Some(name) => {
                let chain = vec![
                    CertificateDer::from_pem_slice(&read(&format!("{name}.crt"))).expect("one"),
                ];
                let key = PrivateKeyDer::from_pem_slice(&read(&format!("{name}.key")));
                builder.with_client_auth_cert(chain, key.expect("a key")).expect("they fit")
            }
        };
        Arc::new(config)
    }
}

fn write(folder: &Path, name: &str, content: &str) {
    std::fs::write(folder.join(name), content).expect("written");
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("bound").port()
}

type Encrypted = StreamOwned<ClientConnection, TcpStream>;

fn connect(config: &Arc<ClientConfig>, port: u16) -> Encrypted {
    let socket = TcpStream::connect(("127.0.0.1", port)).expect("accepted");
    socket.set_read_timeout(Some(crate::PATIENCE)).expect("a time limit");
    let name = "localhost".try_into().expect("a name");
    let connection = ClientConnection::new(config.clone(), name).expect("a session");
    StreamOwned::new(connection, socket)
}

fn ask(stream: &mut Encrypted, request: &str) -> std::io::Result<String> {
    stream.write_all(format!("{request}\r\n").as_bytes())?;
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    line.truncate(line.len() - 2);
    Ok(crate::text(&line))
}

fn set(server: &ServerProcess, arguments: &[&str]) -> String {
    let mut client = server.client().expect("a client");
    let words: Vec<&str> = [&["CONFIG", "SET"], arguments].concat();
    client.command(&words).expect("a reply").text().expect("a text")
}

#[test]
fn clients_show_certificates_or_not() {
    let certificates = Certificates::new();
    let (server, port) = certificates.start();
    let known = certificates.client(Some("client"), rustls::ALL_VERSIONS);
    let nobody = certificates.client(None, rustls::ALL_VERSIONS);
    let stranger = Certificates::new().client(Some("client"), rustls::ALL_VERSIONS);
    let works = |config| ask(&mut connect(config, port), "PING").is_ok_and(|pong| pong == "+PONG");
    assert!(works(&known));
    assert!(!works(&nobody) && !works(&stranger));
    set(&server, &["tls-auth-clients", "optional"]);
    assert!(works(&known) && works(&nobody));
    set(&server, &["tls-auth-clients", "no"]);
    assert!(works(&known) && works(&nobody));
    // One that does not speak TLS hears nothing.
    let mut plain = TcpStream::connect(("127.0.0.1", port)).expect("accepted");
    plain.write_all(b"PING\r\n").expect("sent");
    let mut reply = Vec::new();
    // Closed or reset.
    let _ = plain.read_to_end(&mut reply);
    assert!(reply.is_empty());
    assert!(server.log().contains("Error accepting a client connection"));
}

#[test]
fn versions_and_ciphers_are_chosen() {
    let certificates = Certificates::new();
    let (server, port) = certificates.start();
    let both = certificates.client(Some("client"), rustls::ALL_VERSIONS);
    let old = certificates.client(Some("client"), &[&rustls::version::TLS12]);
    let agreed = |config| {
        let mut stream = connect(config, port);
        ask(&mut stream, "PING").expect("a reply");
        let suite = stream.conn.negotiated_cipher_suite().expect("a suite").suite();
        (stream.conn.protocol_version().expect("a version"), suite.as_str().expect("a name"))
    };
    assert_eq!(agreed(&both).0, ProtocolVersion::TLSv1_3);
    set(&server, &["tls-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"]);
    assert_eq!(agreed(&both).1, "TLS13_CHACHA20_POLY1305_SHA256");
    set(&server, &["tls-protocols", "TLSv1.2"]);
    assert_eq!(agreed(&both).0, ProtocolVersion::TLSv1_2);
    set(&server, &["tls-ciphers", "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256"]);
    let clients_choice = agreed(&old).1;
    set(&server, &["tls-prefer-server-ciphers", "yes"]);
    assert_eq!(agreed(&old).1, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
    assert_ne!(agreed(&old).1, clients_choice);
    set(&server, &["tls-protocols", "TLSv1.3"]);
    assert!(ask(&mut connect(&old, port), "PING").is_err());
    for (name, value) in
        [("tls-protocols", "SSLv3"), ("tls-ciphers", "AES128-SHA"), ("tls-ciphersuites", "none")]
    {
        assert!(set(&server, &[name, value]).contains("Unable to update TLS configuration"));
    }
}

#[test]
fn sessions_are_taken_up_again() {
    let certificates = Certificates::new();
    let (server, port) = certificates.start();
    let kind_of_second = || {
        let mut config = (*certificates.client(Some("client"), rustls::ALL_VERSIONS)).clone();
        config.resumption = Resumption::in_memory_sessions(8);
        let config = Arc::new(config);
        ask(&mut connect(&config, port), "PING").expect("a reply");
        let mut second = connect(&config, port);
        ask(&mut second, "PING").expect("a reply");
        second.conn.handshake_kind().expect("it is done")
    };
    assert_eq!(kind_of_second(), HandshakeKind::Resumed);
    set(&server, &["tls-session-caching", "no"]);
    assert_eq!(kind_of_second(), HandshakeKind::Full);
    set(&server, &["tls-session-caching", "yes", "tls-session-cache-size", "0"]);
    assert_eq!(kind_of_second(), HandshakeKind::Resumed);
    set(&server, &["tls-session-cache-timeout", "0"]);
    assert_eq!(kind_of_second(), HandshakeKind::Full);
}

#[test]
fn certificates_change_under_open_connections() {
    let certificates = Certificates::new();
    let (server, port) = certificates.start();
    let config = certificates.client(Some("client"), rustls::ALL_VERSIONS);
    let mut early = connect(&config, port);
    assert_eq!(ask(&mut early, "PING").expect("a reply"), "+PONG");
    let shown = || {
        let mut stream = connect(&config, port);
        ask(&mut stream, "PING").expect("a reply");
        stream.conn.peer_certificates().expect("a chain")[0].clone()
    };
    let before = shown();
    // A key without its certificate, and files that are missing or are no certificates.
    for wrong in ["other.crt", "missing.crt", "server.key"] {
        let refused = set(&server, &["tls-cert-file", &certificates.path(wrong)]);
        assert!(refused.contains("Unable to update TLS configuration. Check server logs."));
    }
    assert!(server.log().contains("Failed to load certificate"));
    assert_eq!(shown(), before);
    let other = (certificates.path("other.crt"), certificates.path("other.key"));
    set(&server, &["tls-cert-file", &other.0, "tls-key-file", &other.1]);
    assert_ne!(shown(), before);
    // The same names, new files.
    for end in ["crt", "key"] {
        let (from, to) = (format!("server.{end}"), format!("other.{end}"));
        std::fs::copy(certificates.path(&from), certificates.path(&to)).expect("copied");
    }
    set(&server, &["tls-cert-file", &other.0]);
    assert_eq!(shown(), before);
    assert_eq!(ask(&mut early, "PING").expect("a reply"), "+PONG");
}

#[test]
fn much_goes_both_ways() {
    let certificates = Certificates::new();
    let (_server, port) = certificates.start();
    let config = certificates.client(Some("client"), rustls::ALL_VERSIONS);
    let mut stream = connect(&config, port);
    const BYTES: usize = 8 * 1024 * 1024;
    let value = "x".repeat(BYTES);
    let request = format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${BYTES}\r\n{value}");
    assert_eq!(ask(&mut stream, &request).expect("a reply"), "+OK");
    assert_eq!(ask(&mut stream, "GET k").expect("a reply"), format!("${BYTES}"));
    let mut back = vec![0; BYTES + 2];
    stream.read_exact(&mut back).expect("the value");
    assert!(back.starts_with(value.as_bytes()));
    // A pipeline whose replies are larger than all buffers together.
    for _ in 0..8 {
        stream.write_all(b"GET k\r\n").expect("sent");
    }
    let mut all = vec![0; 8 * (BYTES + format!("${BYTES}\r\n\r\n").len())];
    stream.read_exact(&mut all).expect("all replies");
    stream.conn.send_close_notify();
    stream.flush().expect("told");
    let mut rest = Vec::new();
    assert_eq!(stream.read_to_end(&mut rest).expect("the end"), 0);
}

#[test]
fn replica_follows_over_tls() {
    let certificates = Certificates::new();
    let (primary, port) = certificates.start();
    let mut client = primary.client().expect("a client");
    client.command(&["SET", "before", &"x".repeat(3_000_000)]).expect("a reply");
    let options = certificates
        .options(0)
        .option("tls-replication", &["yes"])
        .option("tls-client-cert-file", &[&certificates.path("client.crt")])
        .option("tls-client-key-file", &[&certificates.path("client.key")])
        .option("tls-expected-peer-name", &["elsewhere"])
        .option("replicaof", &["127.0.0.1", &port.to_string()]);
    let replica = start(&options);
    eventually("a name is refused", || replica.log().contains("certificate verify failed"));
    set(&replica, &["tls-expected-peer-name", "elsewhere localhost"]);
    let mut follower = replica.client().expect("a client");
    let mut length =
        |key: &str| format!("{:?}", follower.command(&["STRLEN", key]).expect("a reply"));
    eventually("the dataset comes", || length("before").contains("3000000"));
    client.command(&["SET", "after", &"y".repeat(2_000_000)]).expect("a reply");
    eventually("changes come", || length("after").contains("2000000"));
}

#[test]
fn a_certificate_names_its_user() {
    let certificates = Certificates::new();
    let (server, port) = certificates.start();
    let config = certificates.client(Some("client"), rustls::ALL_VERSIONS);
    let who = || ask(&mut connect(&config, port), "ACL GETUSER default").expect("a reply");
    assert!(who().starts_with('*'));
    let mut admin = server.client().expect("a client");
    admin.line("ACL SETUSER client on nopass +ping").expect("a reply");
    set(&server, &["tls-auth-clients-user", "CN"]);
    assert!(who().starts_with("-NOPERM User client has no permissions"), "{}", who());
    // One that is switched off is as good as none, and that is logged.
    admin.line("ACL SETUSER client off").expect("a reply");
    assert!(who().starts_with('*'));
    let info = admin.line("INFO stats").expect("a reply").text().expect("a text");
    assert!(info.contains("acl_access_denied_tls_cert:1\r\n"), "{info}");
}

#[test]
fn keys_migrate_over_tls() {
    let certificates = Certificates::new();
    let (target, port) = certificates.start();
    let source = start(&certificates.options(free_port()).option("tls-cluster", &["yes"]));
    let mut client = source.client().expect("a client");
    let value = "x".repeat(1_000_000);
    client.command(&["SET", "key", &value]).expect("a reply");
    let words = ["MIGRATE", "127.0.0.1", &port.to_string(), "key", "0", "10000"];
    assert_eq!(client.command(&words).expect("a reply").text().as_deref(), Some("OK"));
    let mut other = target.client().expect("a client");
    assert_eq!(other.command(&["GET", "key"]).expect("a reply").text(), Some(value));
}

/// What greets clients, such as taking the name in a certificate for a user's, is not for a server that was called.
#[test]
fn a_primary_is_not_greeted_as_a_client() {
    let certificates = Certificates::new();
    let (primary, port) = certificates.start();
    let options = certificates
        .options(0)
        .option("tls-replication", &["yes"])
        .option("tls-auth-clients-user", &["CN"])
        .option("user", &["server", "on", "nopass", "+ping"])
        .option("replicaof", &["127.0.0.1", &port.to_string()]);
    let replica = start(&options);
    let mut follower = replica.client().expect("a client");
    let mut ask = |line: &str| follower.line(line).expect("a reply").text().expect("a text");
    eventually("the link is up", || ask("INFO replication").contains("master_link_status:up"));
    let mut client = primary.client().expect("a client");
    client.line("SET key value").expect("a reply");
    eventually("the write is there", || ask("INFO keyspace").contains("db0:keys=1"));
    assert!(ask("CLIENT LIST TYPE master").contains("user=(superuser)"), "{}", ask("CLIENT LIST"));
}

#[test]
fn without_certificates_there_is_no_start() {
    let output = crate::run(&["--port", "0", "--tls-port", &free_port().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let log = crate::text(&output.stdout);
    assert!(log.contains("No tls-cert-file configured!"), "{log}");
    assert!(log.contains("Failed to configure TLS. Check logs for more info."), "{log}");
}
