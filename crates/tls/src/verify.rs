//! Whether a peer's certificate is trusted: its chain, its time, and for servers of the same deployment its name. Unlike
//! rustls itself it takes certificates of version 1, which `openssl x509 -req` makes when it is given no extensions.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use webpki::{EndEntityCert, RawPublicKeyEntity};

use crate::certificate::Parts;
use crate::der::{BIT_STRING, SEQUENCE, expect};

/// Trust in peers of either kind.
#[derive(Debug)]
pub struct Verifier {
    roots: Arc<RootCertStore>,
    /// Does the chains of clients; `None` if there is nothing to trust.
    clients: Option<Arc<dyn ClientCertVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
    /// Clients must show a certificate.
    mandatory: bool,
    /// One of these must be in a server's certificate, unless there are none.
    names: Vec<String>,
}

impl Verifier {
    pub fn new(
        roots: Arc<RootCertStore>,
        mandatory: bool,
        names: Vec<String>,
    ) -> Result<Verifier, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let algorithms = provider.signature_verification_algorithms;
        let clients = if roots.is_empty() {
            None
        } else {
            let builder = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider);
            Some(builder.build().map_err(|error| error.to_string())?)
        };
        Ok(Verifier { roots, clients, algorithms, mandatory, names })
    }

    /// A certificate of version 1 can only be the last of its chain: it must be signed by a root.
    fn verify_version_1(&self, parts: &Parts<'_>, now: UnixTime) -> Result<(), Error> {
        let refused = |reason| Err(Error::InvalidCertificate(reason));
        if now.as_secs() < parts.not_before {
            return refused(CertificateError::NotValidYet);
        }
        if now.as_secs() > parts.not_after {
            return refused(CertificateError::Expired);
        }
        let issuers = self.roots.roots.iter().filter(|root| *root.subject == *parts.issuer);
        let mut outcome = CertificateError::UnknownIssuer;
        for root in issuers {
            let Some(public_key) = public_key(&root.subject_public_key_info) else { continue };
            // A root that is bound to names cannot vouch for a certificate that has none.
            if root.name_constraints.is_some() {
                continue;
            }
            let fitting = self.algorithms.all.iter().filter(|algorithm| {
                algorithm.public_key_alg_id().as_ref() == public_key.0
                    && algorithm.signature_alg_id().as_ref() == parts.algorithm
            });
            for algorithm in fitting {
                let signature = parts.signature;
                if algorithm.verify_signature(public_key.1, parts.signed, signature).is_ok() {
                    return Ok(());
                }
                outcome = CertificateError::BadSignature;
            }
        }
        refused(outcome)
    }

    fn verify_name(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        if self.names.is_empty() {
            return Ok(());
        }
        let parts = Parts::read(certificate);
        let alternatives: Vec<String> = EndEntityCert::try_from(certificate)
            .map(|parsed| parsed.valid_dns_names().map(str::to_owned).collect())
            .unwrap_or_default();
        let common_name = parts.as_ref().and_then(Parts::common_name);
        let shown = if alternatives.is_empty() {
            common_name.map(|name| String::from_utf8_lossy(name).into_owned()).into_iter().collect()
        } else {
            alternatives
        };
        let fits = |expected: &String| shown.iter().any(|name| name_fits(name, expected));
        if self.names.iter().any(fits) {
            return Ok(());
        }
        Err(Error::InvalidCertificate(CertificateError::NotValidForName))
    }
}

/// A pattern of a certificate fits a name: as it is, or with a whole first label for `*`.
fn name_fits(pattern: &str, name: &str) -> bool {
    if pattern.eq_ignore_ascii_case(name) {
        return true;
    }
    let (Some(pattern), Some((label, rest))) = (pattern.strip_prefix("*."), name.split_once('.'))
    else {
        return false;
    };
    !label.is_empty() && pattern.contains('.') && pattern.eq_ignore_ascii_case(rest)
}

/// Algorithm identifier and key of a subject public key info without its own tag and length.
fn public_key(info: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut input = info;
    let algorithm = expect(&mut input, SEQUENCE)?.content;
    let key = expect(&mut input, BIT_STRING)?.content;
    crate::certificate::bits(key).map(|key| (algorithm, key))
}

/// The parts of a certificate that rustls does not read.
fn version_1<'a>(certificate: &'a CertificateDer<'_>) -> Option<Parts<'a>> {
    Parts::read(certificate).filter(|parts| parts.is_version_1)
}

impl Verifier {
    fn verify_signature_1_2(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let Some(parts) = version_1(certificate) else {
            let algorithms = &self.algorithms;
            return rustls::crypto::verify_tls12_signature(
                message,
                certificate,
                signed,
                algorithms,
            );
        };
        let info = SubjectPublicKeyInfoDer::from(parts.public_key);
        let bad = || Error::InvalidCertificate(CertificateError::BadSignature);
        let key = RawPublicKeyEntity::try_from(&info).map_err(|_| bad())?;
        let (_, fitting) = self
            .algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == signed.scheme)
            .ok_or_else(bad)?;
        let valid = |algorithm: &&dyn rustls::pki_types::SignatureVerificationAlgorithm| {
            key.verify_signature(*algorithm, message, signed.signature()).is_ok()
        };
        if fitting.iter().any(valid) {
            Ok(HandshakeSignatureValid::assertion())
        } else {
            Err(bad())
        }
    }

    fn verify_signature_1_3(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.algorithms;
        match version_1(certificate) {
            None => {
                rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
            }
            Some(parts) => rustls::crypto::verify_tls13_signature_with_raw_key(
                message,
                &SubjectPublicKeyInfoDer::from(parts.public_key),
                signed,
                algorithms,
            ),
        }
    }
}

impl ClientCertVerifier for Verifier {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.clients.as_ref().map_or(&[], |clients| clients.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match version_1(certificate) {
            None => match &self.clients {
                Some(clients) => clients.verify_client_cert(certificate, intermediates, now),
                None => Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
            },
            Some(parts) => {
                self.verify_version_1(&parts, now).map(|()| ClientCertVerified::assertion())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify_signature_1_2(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify_signature_1_3(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match version_1(certificate) {
            None => rustls::client::verify_server_cert_signed_by_trust_anchor(
                &ParsedCertificate::try_from(certificate)?,
                &self.roots,
                intermediates,
                now,
                self.algorithms.all,
            )?,
            Some(parts) => self.verify_version_1(&parts, now)?,
        }
        self.verify_name(certificate)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify_signature_1_2(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify_signature_1_3(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert!(name_fits("node.example.com", "NODE.example.com"));
        assert!(name_fits("*.example.com", "node.example.com"));
        assert!(!name_fits("*.example.com", "a.node.example.com"));
        assert!(!name_fits("*.example.com", ".example.com"));
        assert!(!name_fits("n*.example.com", "node.example.com"));
        assert!(!name_fits("*.com", "example.com"));
    }
}
