//! What is read from a certificate beside its verification: the common name, and the parts of a version 1 certificate,
//! which rustls does not read at all.

use crate::der::{
    BIT_STRING, CONTEXT_0, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET, UTC_TIME,
    expect, take,
};

/// id-at-commonName, 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// The parts of a certificate.
#[derive(Debug)]
pub struct Parts<'a> {
    /// Without extensions, so that it can sign nothing and has no alternative names.
    pub is_version_1: bool,
    /// The signed part, whole.
    pub signed: &'a [u8],
    /// Algorithm identifier of the signature, without its tag and length.
    pub algorithm: &'a [u8],
    pub signature: &'a [u8],
    /// Name of who signed, without its tag and length.
    pub issuer: &'a [u8],
    pub subject: &'a [u8],
    /// Seconds since 1970.
    pub not_before: u64,
    pub not_after: u64,
    /// Subject public key info, whole.
    pub public_key: &'a [u8],
}

impl<'a> Parts<'a> {
    pub fn read(certificate: &'a [u8]) -> Option<Parts<'a>> {
        let mut input = expect(&mut &*certificate, SEQUENCE)?.content;
        let signed = expect(&mut input, SEQUENCE)?;
        let algorithm = expect(&mut input, SEQUENCE)?.content;
        let signature = bits(expect(&mut input, BIT_STRING)?.content)?;
        let mut input = signed.content;
        let is_version_1 = input.first() != Some(&CONTEXT_0);
        if !is_version_1 {
            take(&mut input)?;
        }
        expect(&mut input, INTEGER)?;
        let inner_algorithm = expect(&mut input, SEQUENCE)?.content;
        let issuer = expect(&mut input, SEQUENCE)?.content;
        let mut validity = expect(&mut input, SEQUENCE)?.content;
        let subject = expect(&mut input, SEQUENCE)?.content;
        let public_key = expect(&mut input, SEQUENCE)?.whole;
        // Both say how the certificate is signed, and only one of them is signed itself.
        (inner_algorithm == algorithm).then_some(())?;
        Some(Parts {
            is_version_1,
            signed: signed.whole,
            algorithm,
            signature,
            issuer,
            subject,
            not_before: time(&mut validity)?,
            not_after: time(&mut validity)?,
            public_key,
        })
    }

    /// The common name of the subject, as the bytes stand there.
    pub fn common_name(&self) -> Option<&'a [u8]> {
        let mut names = self.subject;
        while let Some(name) = expect(&mut names, SET) {
            let mut pairs = name.content;
            while let Some(pair) = expect(&mut pairs, SEQUENCE) {
                let mut pair = pair.content;
                if expect(&mut pair, OBJECT_IDENTIFIER)?.content == COMMON_NAME {
                    return take(&mut pair).map(|value| value.content);
                }
            }
        }
        None
    }
}

/// A bit string of whole bytes.
pub fn bits(content: &[u8]) -> Option<&[u8]> {
    match content.split_first() {
        Some((0, bytes)) => Some(bytes),
        _ => None,
    }
}

/// Either way of writing a time, as seconds since 1970.
fn time(input: &mut &[u8]) -> Option<u64> {
    let element = take(input)?;
    let text = std::str::from_utf8(element.content).ok()?.strip_suffix('Z')?;
    let digits = |from: usize| text.get(from..from + 2)?.parse::<u64>().ok();
    let (year, rest) = match element.tag {
        UTC_TIME => (digits(0).map(|year| if year < 50 { 2000 + year } else { 1900 + year })?, 2),
        GENERALIZED_TIME => (text.get(..4)?.parse().ok()?, 4),
        _ => return None,
    };
    (text.len() == rest + 10 && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
    let days = days_since_1970(year, digits(rest)?, digits(rest + 2)?)?;
    Some(((days * 24 + digits(rest + 4)?) * 60 + digits(rest + 6)?) * 60 + digits(rest + 8)?)
}

fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March end with the leap day.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1;
    // 1970-01-01 in this count.
    days.checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let read = |tag: u8, text: &str| {
            let mut bytes = vec![tag, text.len() as u8];
            bytes.extend_from_slice(text.as_bytes());
            time(&mut bytes.as_slice())
        };
        assert_eq!(read(UTC_TIME, "700101000000Z"), Some(0));
        assert_eq!(read(UTC_TIME, "000229123456Z"), Some(951_827_696));
        assert_eq!(read(GENERALIZED_TIME, "20500101000000Z"), Some(2_524_608_000));
        for broken in ["700101000000", "7001010000Z", "701301000000Z", "70-101000000Z"] {
            assert_eq!(read(UTC_TIME, broken), None, "{broken}");
        }
    }

    #[test]
    fn common_name_with_a_zero_byte_is_whole() {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name.push(rcgen::DnType::OrganizationName, "Test");
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "admin\0innocent");
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        let parts = Parts::read(certificate.der()).expect("a certificate");
        assert_eq!(parts.common_name(), Some(b"admin\0innocent".as_slice()));
        assert!(!parts.is_version_1);
        assert_eq!(parts.issuer, parts.subject);
        assert!(parts.not_before < parts.not_after);
        for length in 0..certificate.der().len() {
            assert!(Parts::read(certificate.der().get(..length).expect("a prefix")).is_none());
        }
    }
}
