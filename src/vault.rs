//! The master secret and what is made under it: keyed codes, sealed keys, derived tokens,
//! form tokens. It lives in a file outside the database, so a dump alone opens nothing.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::hmac;
use zeroize::Zeroizing;

use crate::entropy::{Entropy, NoEntropy};
use crate::protocol::code::{CODE_ENTROPY, Code};
use crate::protocol::secret::{Digest, ENTROPY, Secret, SecretKind};

/// Keys derived from the master secret ([RFC 5869]), one per purpose so that none can be
/// mistaken for another.
///
/// [RFC 5869]: https://www.rfc-editor.org/rfc/rfc5869
pub struct Vault {
    codes: hmac::Key,
    derived: hmac::Key,
    forms: hmac::Key,
    nonces: hmac::Key,
    check: hmac::Key,
    history: hmac::Key,
    seal: LessSafeKey,
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the master secret file cannot be read or written: {0}")]
    Io(#[from] io::Error),
    #[error("the master secret file does not hold 32 bytes in base64url")]
    Malformed,
    #[error("no entropy from the operating system")]
    NoEntropy(#[from] NoEntropy),
    #[error("a key could not be derived, sealed or opened")]
    Crypto,
}

const MASTER: usize = 32;

/// Bytes of a nonce: enough that none is guessed within its minutes.
const NONCE: usize = 18;

/// Bytes of a signature in the audit trail.
const SEAL: usize = 16;

/// The master secret itself.
pub struct MasterSecret(Zeroizing<[u8; MASTER]>);

impl MasterSecret {
    #[must_use]
    pub fn from_bytes(bytes: [u8; MASTER]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads the file; `None` when there is none.
    ///
    /// # Errors
    ///
    /// The file exists and cannot be read or does not hold a secret.
    pub fn read(path: &Path) -> Result<Option<Self>, VaultError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| VaultError::Malformed)?;
        let bytes: [u8; MASTER] = bytes.try_into().map_err(|_| VaultError::Malformed)?;
        Ok(Some(Self::from_bytes(bytes)))
    }

    /// Draws a secret and writes it to a new file that only its owner may read; when
    /// another process was faster, reads that one's.
    ///
    /// # Errors
    ///
    /// The file cannot be written, or there is no entropy.
    pub fn create(path: &Path, entropy: &Entropy) -> Result<Self, VaultError> {
        let bytes = entropy.bytes::<MASTER>()?;
        let text = Zeroizing::new(format!("{}\n", URL_SAFE_NO_PAD.encode(bytes)));
        let temporary = path.with_extension(format!("new-{}", std::process::id()));
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        // A link fails where a rename would overwrite, so the first of two processes wins.
        let linked = fs::hard_link(&temporary, path);
        fs::remove_file(&temporary)?;
        match linked {
            Ok(()) => Ok(Self::from_bytes(bytes)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Self::read(path)?.ok_or(VaultError::Malformed)
            }
            Err(error) => Err(error.into()),
        }
    }
}

struct KeyBytes;

impl KeyType for KeyBytes {
    fn len(&self) -> usize {
        MASTER
    }
}

fn subkey(master: &Prk, purpose: &str) -> Result<Zeroizing<[u8; MASTER]>, VaultError> {
    let mut bytes = Zeroizing::new([0; MASTER]);
    let info = [purpose.as_bytes()];
    let key = master.expand(&info, KeyBytes).map_err(|_| VaultError::Crypto)?;
    key.fill(bytes.as_mut_slice()).map_err(|_| VaultError::Crypto)?;
    Ok(bytes)
}

impl Vault {
    /// Opens the vault with its master secret.
    ///
    /// # Errors
    ///
    /// Only if the cryptography refuses 32-byte keys, which would be a defect.
    pub fn open(master: &MasterSecret) -> Result<Self, VaultError> {
        let master = Salt::new(HKDF_SHA256, b"countersign master secret 1").extract(&*master.0);
        let key = |algorithm, purpose| -> Result<hmac::Key, VaultError> {
            Ok(hmac::Key::new(algorithm, subkey(&master, purpose)?.as_slice()))
        };
        let seal = subkey(&master, "seal")?;
        Ok(Self {
            codes: key(hmac::HMAC_SHA256, "codes")?,
            derived: key(hmac::HMAC_SHA512, "derived")?,
            forms: key(hmac::HMAC_SHA256, "forms")?,
            nonces: key(hmac::HMAC_SHA256, "nonces")?,
            check: key(hmac::HMAC_SHA256, "check")?,
            history: key(hmac::HMAC_SHA256, "history")?,
            seal: LessSafeKey::new(
                UnboundKey::new(&AES_256_GCM, seal.as_slice()).map_err(|_| VaultError::Crypto)?,
            ),
        })
    }

    /// What the database keeps to recognise this master secret.
    #[must_use]
    pub fn fingerprint(&self) -> Vec<u8> {
        hmac::sign(&self.check, b"master secret").as_ref().to_vec()
    }

    /// The keyed digest of a short code, bound to what it was made for: equal codes of two
    /// approvals differ, and a dump without the master secret yields no code.
    #[must_use]
    pub fn keyed_code(&self, purpose: &str, bound_to: &str, code: &Code) -> Digest {
        let tag = sign(&self.codes, &[purpose, bound_to, code.letters()]);
        Digest::stored(tag.as_ref()).unwrap_or(Digest([0; 32]))
    }

    /// A secret that the same context always yields again, for identical retries.
    #[must_use]
    pub fn derive(&self, kind: SecretKind, context: &[&str]) -> Secret {
        let mut round = 0_u32;
        loop {
            let counter = round.to_string();
            let mut parts = vec![kind.prefix(), counter.as_str()];
            parts.extend_from_slice(context);
            let tag = sign(&self.derived, &parts);
            let bytes: Option<&[u8; ENTROPY]> = tag.as_ref().try_into().ok();
            if let Some(secret) = bytes.and_then(|bytes| Secret::from_entropy(kind, bytes)) {
                return secret;
            }
            round = round.wrapping_add(1);
        }
    }

    /// A code that the same context always yields again, so a page can be reloaded.
    #[must_use]
    pub fn derive_code(&self, context: &[&str]) -> Code {
        let mut round = 0_u32;
        loop {
            let counter = round.to_string();
            let tag = sign(&self.derived, &[&["code", counter.as_str()], context].concat());
            let bytes = tag.as_ref().first_chunk::<CODE_ENTROPY>();
            if let Some(code) = bytes.and_then(Code::from_entropy) {
                return code;
            }
            round = round.wrapping_add(1);
        }
    }

    /// An identifier that the same context always yields again; not a secret.
    #[must_use]
    pub fn derive_identifier(&self, context: &[&str]) -> String {
        let tag = sign(&self.derived, &[&["identifier"], context].concat());
        URL_SAFE_NO_PAD.encode(tag.as_ref().get(..18).unwrap_or_default())
    }

    /// The token inside a form, bound to the browser and account that rendered it.
    #[must_use]
    pub fn form_token(&self, bound_to: [&str; 2]) -> String {
        URL_SAFE_NO_PAD.encode(sign(&self.forms, &bound_to).as_ref())
    }

    /// Whether `token` is the form token of `bound_to`, compared in constant time.
    #[must_use]
    pub fn accepts_form_token(&self, bound_to: [&str; 2], token: &str) -> bool {
        let Ok(tag) = URL_SAFE_NO_PAD.decode(token) else { return false };
        hmac::verify(&self.forms, &framed(&bound_to), &tag).is_ok()
    }

    /// The nonce of a period of time: every node knows it, nobody else can foresee it, and
    /// none is kept.
    #[must_use]
    pub fn nonce(&self, period: i64) -> String {
        let tag = sign(&self.nonces, &[&period.to_string()]);
        URL_SAFE_NO_PAD.encode(tag.as_ref().get(..NONCE).unwrap_or_default())
    }

    /// What signs the audit trail (docs/adr/0027): half of an HMAC-SHA-256, as RFC 2104 §5 allows.
    pub fn historian(&self) -> impl Fn(&[&str]) -> String + Send + Sync + 'static {
        let key = self.history.clone();
        move |parts| {
            let tag = sign(&key, parts);
            URL_SAFE_NO_PAD.encode(tag.as_ref().get(..SEAL).unwrap_or_default())
        }
    }

    /// Seals `plain` for the database; `name` is authenticated with it.
    ///
    /// # Errors
    ///
    /// No entropy for the nonce.
    pub fn seal(&self, name: &str, plain: &[u8], entropy: &Entropy) -> Result<Vec<u8>, VaultError> {
        let nonce = entropy.bytes::<NONCE_LEN>()?;
        let mut sealed = plain.to_vec();
        self.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(name.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| VaultError::Crypto)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens what [`seal`](Self::seal) made under the same name.
    ///
    /// # Errors
    ///
    /// Another master secret, another name, or changed bytes.
    pub fn unseal(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or(VaultError::Crypto)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Crypto)?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let length = self
            .seal
            .open_in_place(nonce, Aad::from(name.as_bytes()), plain.as_mut_slice())
            .map_err(|_| VaultError::Crypto)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }
}

fn sign(key: &hmac::Key, parts: &[&str]) -> hmac::Tag {
    hmac::sign(key, &framed(parts))
}

/// Parts with their lengths before them, so `["ab", "c"]` and `["a", "bc"]` differ.
fn framed(parts: &[&str]) -> Vec<u8> {
    let mut message = Vec::new();
    for part in parts {
        message.extend_from_slice(&(part.len() as u64).to_be_bytes());
        message.extend_from_slice(part.as_bytes());
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(fill: u8) -> Vault {
        Vault::open(&MasterSecret::from_bytes([fill; 32])).expect("a vault")
    }

    #[test]
    fn a_sealed_key_opens_under_its_name_and_master_only() {
        let sealed = vault(1).seal("kid", b"private", &Entropy::system()).expect("sealed");
        assert_eq!(vault(1).unseal("kid", &sealed).expect("open").as_slice(), b"private");
        assert!(vault(1).unseal("other", &sealed).is_err());
        assert!(vault(2).unseal("kid", &sealed).is_err());
        assert!(vault(1).unseal("kid", &sealed[..5]).is_err());
    }

    #[test]
    fn derived_secrets_repeat_for_one_context_and_differ_for_another() {
        let (one, two) = (vault(1), vault(2));
        let secret = one.derive(SecretKind::Access, &["collect", "apr_1"]);
        assert_eq!(secret, one.derive(SecretKind::Access, &["collect", "apr_1"]));
        assert_ne!(secret, one.derive(SecretKind::Access, &["collectapr_1", ""]));
        assert_ne!(secret, two.derive(SecretKind::Access, &["collect", "apr_1"]));
    }

    #[test]
    fn a_form_token_is_good_for_its_browser_and_account_only() {
        let vault = vault(1);
        let token = vault.form_token(["browser", "account"]);
        assert!(vault.accepts_form_token(["browser", "account"], &token));
        assert!(!vault.accepts_form_token(["browser", "other"], &token));
        assert!(!vault.accepts_form_token(["browser", "account"], ""));
    }

    #[test]
    fn a_nonce_is_good_in_its_period_and_under_its_master_only() {
        let nonce = vault(1).nonce(7);
        assert_eq!(vault(1).nonce(7), nonce);
        assert_ne!(vault(1).nonce(8), nonce);
        assert_ne!(vault(2).nonce(7), nonce);
    }

    #[test]
    fn one_code_has_two_digests_for_two_approvals() {
        let code = Code::parse("BCDFGHJK").expect("a code");
        assert_ne!(
            vault(1).keyed_code("agent", "a", &code),
            vault(1).keyed_code("agent", "b", &code)
        );
    }

    #[test]
    fn the_file_is_private_and_made_once() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master.key");
        assert!(MasterSecret::read(&path).expect("readable").is_none());
        let first = MasterSecret::create(&path, &Entropy::system()).expect("created");
        let again = MasterSecret::create(&path, &Entropy::system()).expect("read");
        assert_eq!(*first.0, *again.0);
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        fs::write(&path, "short").expect("written");
        assert!(matches!(MasterSecret::read(&path), Err(VaultError::Malformed)));
    }
}
