//! TLS sessions over rustls, without sockets and files: PEM texts and options become a [`Context`], a context begins
//! [`Session`]s, and a session turns ciphertext into plaintext and back.
//!
//! The options have OpenSSL's spellings because `redis.conf` has them; what rustls does not offer (key exchange without
//! forward secrecy, CBC, anything before TLS 1.2) is left out of what they select.

#![forbid(unsafe_code)]

mod cache;
mod certificate;
mod ciphers;
mod context;
mod der;
mod key;
mod session;
mod verify;

pub use context::{CacheOptions, ClientAuth, Context, Error, Identity, Options};
pub use session::{Session, Stream, stream};
