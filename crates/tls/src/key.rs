//! PEM texts: certificates, and private keys with or without a passphrase.

use pkcs8::EncryptedPrivateKeyInfo;
use pkcs8::der::SecretDocument;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// All certificates in a text.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err("no certificate in it".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The first private key in a text.
pub fn private_key(pem: &[u8], passphrase: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
    let text = String::from_utf8_lossy(pem);
    let encrypted = text.contains(&format!("-----BEGIN {ENCRYPTED}-----"));
    if !encrypted {
        if text.contains("Proc-Type: 4,ENCRYPTED") {
            return Err("it is encrypted in the old way; `openssl pkcs8 -topk8` converts it".into());
        }
        return PrivateKeyDer::from_pem_slice(pem).map_err(|error| error.to_string());
    }
    if passphrase.is_empty() {
        return Err("it is encrypted, and there is no passphrase".to_owned());
    }
    let (_, document) = SecretDocument::from_pem(text.trim()).map_err(|error| error.to_string())?;
    let key = EncryptedPrivateKeyInfo::try_from(document.as_bytes())
        .and_then(|key| key.decrypt(passphrase))
        .map_err(|_| "it cannot be decrypted with the passphrase".to_owned())?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:1234`.
    const ENCRYPTED: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgBhSSLXXikVwICA+gw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAmHqDhYlzdgZw3YPtYKHaEEgZAR
PwczxFKzb32wgut+JBL4oOP6eZEbyM9CR32xbxUgn+iP5+t8S3Jfow/h2/04oo2P
6wAFxW4sjA8IwpunnkH3SuXgtuobMIK61CcRyA7rcyv5qmudif8Qt5reT42U8q6M
yMm/+EEK6QrGkovyuy0AOsVPbiSi3gQ3lvFreHzmRS2Js1iS6WtJ5Ngh/TvgZSg=
-----END ENCRYPTED PRIVATE KEY-----
";

    #[test]
    fn passphrases() {
        let key = private_key(ENCRYPTED.as_bytes(), b"1234").expect("the passphrase");
        assert!(rustls::crypto::ring::sign::any_supported_type(&key).is_ok());
        let refused = |passphrase: &[u8]| private_key(ENCRYPTED.as_bytes(), passphrase).is_err();
        assert!(refused(b"4321") && refused(b""));
        // A passphrase that is not needed does no harm.
        let plain = rcgen::KeyPair::generate().expect("a key").serialize_pem();
        assert!(private_key(plain.as_bytes(), b"1234").is_ok());
        assert!(private_key(b"no key", b"").is_err());
        assert!(certificates(plain.as_bytes()).is_err());
    }
}
