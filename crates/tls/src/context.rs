//! The options of one moment, read and checked: from it sessions of both kinds begin. A session keeps its context, so that
//! a new one never ends connections.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::server::{NoServerSessionStorage, WantsServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, ServerConfig};

use crate::cache::Cache;
use crate::certificate::Parts;
use crate::verify::Verifier;
use crate::{ciphers, key};

/// `tls-auth-clients`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    No,
    Optional,
    #[default]
    Required,
}

/// A certificate chain and its key, as PEM texts.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    pub certificate: Vec<u8>,
    pub key: Vec<u8>,
    pub passphrase: Vec<u8>,
}

/// What the configuration says, with the files it names read.
#[derive(Clone, Debug)]
pub struct Options {
    /// For connections that are accepted.
    pub server: Identity,
    /// For connections that are made; the server's if there is none.
    pub client: Option<Identity>,
    /// PEM texts of the authorities that are trusted.
    pub authorities: Vec<Vec<u8>>,
    pub client_auth: ClientAuth,
    pub protocols: String,
    pub ciphers: String,
    pub ciphersuites: String,
    pub prefer_server_ciphers: bool,
    /// `None`: no session is taken up again.
    pub cache: Option<CacheOptions>,
    /// Names of which a server that is connected to must show one.
    pub expected_names: Vec<String>,
}

/// How many sessions may be taken up again, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct CacheOptions {
    /// 0: any number.
    pub sessions_max: usize,
    pub timeout_s: u64,
    /// A clock that never goes back.
    pub now_ms: fn() -> u64,
}

/// Why the options make no context, for the log.
#[derive(Debug, PartialEq, Eq)]
pub struct Error(pub String);

impl std::fmt::Display for Error {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// What sessions begin from.
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) client: Arc<ClientConfig>,
}

impl Context {
    pub fn new(options: &Options) -> Result<Context, Error> {
        let mut provider = rustls::crypto::ring::default_provider();
        provider.cipher_suites =
            ciphers::chosen(&options.ciphers, &options.ciphersuites).map_err(Error)?;
        let provider = Arc::new(provider);
        let versions = ciphers::protocols(&options.protocols).map_err(Error)?;
        let roots = Arc::new(roots(&options.authorities)?);
        let server_identity = identity(&options.server, "tls-cert-file", "tls-key-file")?;
        let client_identity = match &options.client {
            Some(client) => identity(client, "tls-client-cert-file", "tls-client-key-file")?,
            None => server_identity.clone(),
        };
        let broken = |error: rustls::Error| Error(error.to_string());
        let server = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&versions)
            .map_err(broken)?;
        let server = with_client_auth(server, options.client_auth, &roots)?;
        let mut server =
            server.with_cert_resolver(Arc::new(SingleCertAndKey::from(server_identity)));
        server.ignore_client_order = options.prefer_server_ciphers;
        match options.cache {
            Some(CacheOptions { sessions_max, timeout_s, now_ms }) => {
                server.session_storage = Arc::new(Cache::new(sessions_max, timeout_s, now_ms));
            }
            None => {
                server.session_storage = Arc::new(NoServerSessionStorage {});
                server.send_tls13_tickets = 0;
            }
        }
        let names = options.expected_names.clone();
        let verifier = Verifier::new(roots, true, names).map_err(Error)?;
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(broken)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(client_identity)));
        // A name of a peer is not known, and what is known of one must not be used with another.
        client.resumption = Resumption::disabled();
        client.enable_sni = false;
        Ok(Context { server: Arc::new(server), client: Arc::new(client) })
    }
}

fn with_client_auth(
    server: ConfigBuilder<ServerConfig, rustls::WantsVerifier>,
    client_auth: ClientAuth,
    roots: &Arc<RootCertStore>,
) -> Result<ConfigBuilder<ServerConfig, WantsServerCert>, Error> {
    let mandatory = match client_auth {
        ClientAuth::No => return Ok(server.with_no_client_auth()),
        ClientAuth::Optional => false,
        ClientAuth::Required => true,
    };
    let verifier = Verifier::new(roots.clone(), mandatory, Vec::new()).map_err(Error)?;
    Ok(server.with_client_cert_verifier(Arc::new(verifier)))
}

fn roots(authorities: &[Vec<u8>]) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for pem in authorities {
        let found = key::certificates(pem)
            .map_err(|reason| Error(format!("Failed to load CA certificate(s): {reason}")))?;
        for certificate in found {
            roots
                .add(certificate)
                .map_err(|error| Error(format!("Failed to load CA certificate(s): {error}")))?;
        }
    }
    Ok(roots)
}

/// The certificate and its key, which must belong to each other.
fn identity(
    identity: &Identity,
    certificate_option: &str,
    key_option: &str,
) -> Result<CertifiedKey, Error> {
    let chain: Vec<CertificateDer<'static>> =
        key::certificates(&identity.certificate).map_err(|reason| {
            Error(format!("Failed to load certificate ({certificate_option}): {reason}"))
        })?;
    let failed =
        |reason: String| Error(format!("Failed to load private key ({key_option}): {reason}"));
    let private = key::private_key(&identity.key, &identity.passphrase).map_err(failed)?;
    let private = rustls::crypto::ring::sign::any_supported_type(&private)
        .map_err(|error| failed(error.to_string()))?;
    let parts = chain.first().and_then(|certificate| Parts::read(certificate));
    let Some(parts) = parts else {
        return Err(Error(format!(
            "Failed to load certificate ({certificate_option}): not readable"
        )));
    };
    if private.public_key().is_some_and(|public| *public != *parts.public_key) {
        return Err(failed("it is not the key of the certificate".to_owned()));
    }
    Ok(CertifiedKey::new(chain, private))
}
