//! TLS as the configuration has it: its files are read into a context, connections on TLS ports begin with a handshake.

use std::path::Path;

use config::Config;
use config::enums::{TlsAuthClients, TlsAuthClientsUser};
use engine::ClientId;
use tls::{CacheOptions, ClientAuth, Context, Identity, Options};

use crate::accept::PROTECTED;
use crate::event_loop::Shell;
use crate::log::log;
use crate::port::EnginePort as _;
use crate::startup::{path_of, text_of};

/// What a client hears whose CONFIG SET makes no context.
pub const REFUSED: &str = "Unable to update TLS configuration. Check server logs.";

/// Something in the configuration speaks TLS.
pub fn is_wanted(config: &Config) -> bool {
    config.tls_port != 0 || config.tls_replication || config.tls_cluster
}

/// Reads all files the configuration names, and makes a context of them; an error is a text for the log.
pub fn context(config: &Config) -> Result<Context, String> {
    if config.tls_cert_file.is_empty() {
        return Err("No tls-cert-file configured!".to_owned());
    }
    if config.tls_key_file.is_empty() {
        return Err("No tls-key-file configured!".to_owned());
    }
    let client_auth = match config.tls_auth_clients {
        TlsAuthClients::No => ClientAuth::No,
        TlsAuthClients::Optional => ClientAuth::Optional,
        TlsAuthClients::Yes => ClientAuth::Required,
    };
    let no_authority = config.tls_ca_cert_file.is_empty() && config.tls_ca_cert_dir.is_empty();
    let trusts = client_auth != ClientAuth::No || config.tls_cluster || config.tls_replication;
    if trusts && no_authority {
        return Err(
            "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, \
             tls-replication or tls-auth-clients are enabled!"
                .to_owned(),
        );
    }
    check_parameters_file(config)?;
    let server = identity(&config.tls_cert_file, &config.tls_key_file, &config.tls_key_file_pass)?;
    let client = if config.tls_client_cert_file.is_empty() {
        None
    } else {
        if config.tls_client_key_file.is_empty() {
            return Err("tls-client-cert-file is set, and tls-client-key-file is not".to_owned());
        }
        let passphrase = &config.tls_client_key_file_pass;
        Some(identity(&config.tls_client_cert_file, &config.tls_client_key_file, passphrase)?)
    };
    let cache = config.tls_session_caching.then(|| CacheOptions {
        sessions_max: usize::try_from(config.tls_session_cache_size).unwrap_or(0),
        timeout_s: u64::try_from(config.tls_session_cache_timeout).unwrap_or(0),
        now_ms: || sys::clock::monotonic_us() / 1000,
    });
    let names = text_of(&config.tls_expected_peer_name);
    let options = Options {
        server,
        client,
        authorities: authorities(config)?,
        client_auth,
        protocols: text_of(&config.tls_protocols),
        ciphers: text_of(&config.tls_ciphers),
        ciphersuites: text_of(&config.tls_ciphersuites),
        prefer_server_ciphers: config.tls_prefer_server_ciphers,
        cache,
        expected_names: names
            .split(' ')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    Context::new(&options).map_err(|error| error.to_string())
}

fn read(path: &[u8], what: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path_of(path)).map_err(|error| {
        format!("Failed to load {what}: {}: {}", text_of(path), crate::listen::describe(&error))
    })
}

fn identity(certificate: &[u8], key: &[u8], passphrase: &[u8]) -> Result<Identity, String> {
    Ok(Identity {
        certificate: read(certificate, "certificate")?,
        key: read(key, "private key")?,
        passphrase: passphrase.to_vec(),
    })
}

/// The parameters serve a key exchange that rustls does not have, and newer OpenSSL does without them, too. A file that
/// cannot be read is a mistake all the same.
fn check_parameters_file(config: &Config) -> Result<(), String> {
    if config.tls_dh_params_file.is_empty() {
        return Ok(());
    }
    std::fs::read(path_of(&config.tls_dh_params_file)).map(drop).map_err(|error| {
        let path = text_of(&config.tls_dh_params_file);
        format!("Failed to load {path}: {}", crate::listen::describe(&error))
    })
}

/// The file, and of the folder those that are named by a hash, as OpenSSL looks for them (`openssl rehash` names them).
fn authorities(config: &Config) -> Result<Vec<Vec<u8>>, String> {
    let mut found = Vec::new();
    if !config.tls_ca_cert_file.is_empty() {
        found.push(read(&config.tls_ca_cert_file, "CA certificate(s)")?);
    }
    if !config.tls_ca_cert_dir.is_empty()
        && let Ok(entries) = std::fs::read_dir(path_of(&config.tls_ca_cert_dir))
    {
        let hashed = entries.flatten().map(|entry| entry.path()).filter(|path| is_hashed(path));
        found.extend(hashed.filter_map(|path| std::fs::read(path).ok()));
    }
    Ok(found)
}

fn is_hashed(path: &Path) -> bool {
    const HASH_DIGITS: usize = 8;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split_once('.').is_some_and(|(hash, number)| {
        hash.len() == HASH_DIGITS
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

impl Shell {
    /// Makes the context anew; the old one stays when that fails. Connections keep the context they began with.
    pub fn configure_tls(&mut self) -> Result<(), ()> {
        if !is_wanted(self.engine.config()) {
            self.engine.state.host.tls = None;
            return Ok(());
        }
        match context(self.engine.config()) {
            Ok(context) => {
                self.engine.state.host.tls = Some(context);
                Ok(())
            }
            Err(reason) => {
                log!(Warning, "{reason}");
                Err(())
            }
        }
    }

    /// Goes on with a client's handshake; when it is done, what came behind it is read.
    #[cold]
    pub fn shake_hands(&mut self, id: ClientId) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        match connection.stream.shake_hands() {
            Ok(false) => {}
            Ok(true) => {
                if self.greet(id) {
                    self.read_from(id);
                }
            }
            Err(error) => {
                let client = self.engine.client_mut(id);
                let (address, local) = client.map_or_else(Default::default, |client| {
                    let peer = &client.peer;
                    (peer.address.clone(), peer.local_address.clone())
                });
                log!(
                    Warning,
                    "Error accepting a client connection: {} (addr={address} laddr={local})",
                    crate::listen::describe(&error)
                );
                self.close(id);
            }
        }
    }

    /// The client is known as far as TLS can tell; false if it may not stay.
    fn greet(&mut self, id: ClientId) -> bool {
        let Some(connection) = self.connections.get_mut(id) else { return false };
        let address = connection.stream.socket().peer_address();
        let name = connection.stream.peer_common_name();
        if address.is_some_and(|address| self.is_refused_by_protected_mode(address.ip())) {
            if let Some(connection) = self.connections.get_mut(id) {
                // A refused client that does not read its refusal has lost nothing.
                let _ = connection.stream.write(PROTECTED);
            }
            self.engine.state.stats.rejected_connections += 1;
            self.close(id);
            return false;
        }
        if self.engine.config().tls_auth_clients_user == TlsAuthClientsUser::CommonName
            && let Some(name) = name
        {
            self.engine.state.log_in_by_certificate(id, &name);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashed_names() {
        assert!(is_hashed(Path::new("/certs/9d66eef0.0")));
        for name in ["ca.crt", "9d66eef0.crt", "9d66eef0.", "9d66eef.0", "9d66eefg.0", "9d66eef0"] {
            assert!(!is_hashed(Path::new(name)), "{name}");
        }
    }
}
