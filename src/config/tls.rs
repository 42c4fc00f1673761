//! TLS from PEM files: a certificate chain and the key it goes with.

use std::path::PathBuf;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::reader::Reader;
use crate::protocol::issuer::Issuer;

/// A certificate chain and its key, PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Why nobody can be answered with these files.
#[derive(Debug, thiserror::Error)]
pub enum TlsFilesError {
    #[error("{0} holds no certificate in PEM")]
    Certificate(PathBuf),
    #[error("{0} holds no private key in PEM")]
    Key(PathBuf),
    #[error("the certificate and the key do not go together: {0}")]
    Pair(#[source] rustls::Error),
}

impl TlsFiles {
    /// Reads both files and compares them.
    ///
    /// # Errors
    ///
    /// See [`TlsFilesError`].
    pub fn read(&self) -> Result<CertifiedKey, TlsFilesError> {
        let no_certificate = || TlsFilesError::Certificate(self.certificate.clone());
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .map_err(|_| no_certificate())?;
        if chain.is_empty() {
            return Err(no_certificate());
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|_| TlsFilesError::Key(self.key.clone()))?;
        CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(TlsFilesError::Pair)
    }
}

/// `tls_certificate` and `tls_key`: both or none, and a pair that serves the issuer.
pub(super) fn files(reader: &mut Reader<'_>, issuer: Option<&Issuer>) -> Option<TlsFiles> {
    let certificate = reader.readable_file("tls_certificate");
    let key = reader.readable_file("tls_key");
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            if issuer.is_some_and(|issuer| !issuer.is_https()) {
                let remedy =
                    "must be https where tls_certificate is set; write https or remove that";
                reader.refuse("issuer", remedy.to_owned());
            }
            let files = TlsFiles { certificate, key };
            refuse_unusable(reader, &files);
            Some(files)
        }
        (None, None) => None,
        (Some(_), None) => {
            reader.refuse("tls_key", String::from("missing; name the key of tls_certificate"));
            None
        }
        (None, Some(_)) => {
            let remedy = "missing; name the certificate of tls_key";
            reader.refuse("tls_certificate", remedy.to_owned());
            None
        }
    }
}

/// Files that can be opened and are no certificate or not its key; those that cannot be
/// opened are refused already.
fn refuse_unusable(reader: &mut Reader<'_>, files: &TlsFiles) {
    if reader.problems.iter().any(|problem| problem.key.starts_with("tls_")) {
        return;
    }
    let Err(error) = files.read() else { return };
    let (key, remedy) = match error {
        TlsFilesError::Certificate(_) => ("tls_certificate", "name the whole chain"),
        TlsFilesError::Key(_) => ("tls_key", "name the key of tls_certificate"),
        TlsFilesError::Pair(_) => ("tls_key", "name the two that were made together"),
    };
    reader.refuse(key, format!("{error}; {remedy}"));
}
