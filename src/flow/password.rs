//! Passwords: argon2id ([RFC 9106]) off the executor, on half of the processors at most and on
//! threads that give way to all others, so that a storm of sign-ins neither delays token checks
//! nor eats the memory.
//!
//! [RFC 9106]: https://www.rfc-editor.org/rfc/rfc9106

use std::sync::Arc;
use std::thread;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::{Semaphore, oneshot};
use zeroize::Zeroizing;

/// Hashes and verifies with the crate's defaults: 19 MiB, two passes, one lane (OWASP).
#[derive(Clone)]
pub struct Hasher {
    permits: Arc<Semaphore>,
}

/// What an unknown account's password is compared with, so that it takes as long: a hash made
/// of nothing, at the cost of [`hash`]. Hashing one at every start would delay the first
/// answer by what a password costs.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$YSBkZWNveSBmb3IgYWxsIQ\
                     $bm9ib2R5J3MgcGFzc3dvcmQgaGFzaGVzIHRvIHRoaXM";

#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct HashError;

/// The most hashes at once: each takes 19 MiB.
const AT_ONCE: usize = 2;

/// A ninth of an ordinary thread's weight: enough to finish on a busy machine.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

impl Default for Hasher {
    fn default() -> Self {
        let half = thread::available_parallelism().map_or(1, |processors| processors.get() / 2);
        Self { permits: Arc::new(Semaphore::new(half.clamp(1, AT_ONCE))) }
    }
}

impl Hasher {
    /// A PHC string for the database.
    ///
    /// # Errors
    ///
    /// There is no entropy for a salt.
    pub async fn hash(&self, password: &str) -> Result<String, HashError> {
        let password = Zeroizing::new(password.to_owned());
        self.aside(move || hash(password.as_bytes())).await.unwrap_or(Err(HashError))
    }

    /// Whether `password` is the one behind `stored`. Without a stored hash the answer is
    /// no, after the same work.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> bool {
        let known = stored.is_some();
        let stored = stored.unwrap_or(DECOY).to_owned();
        let password = Zeroizing::new(password.to_owned());
        let verified = self.aside(move || {
            PasswordHash::new(&stored).is_ok_and(|hash| {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            })
        });
        verified.await.unwrap_or(false) && known
    }

    /// Does `work` on a thread of its own. It keeps its permit until it is done, even when
    /// nobody waits any more. `None` when there is no thread to be had.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok()?;
        let (answer, answered) = oneshot::channel();
        let thread = thread::Builder::new().name("password".to_owned()).spawn(move || {
            give_way();
            // Whoever asked may be gone.
            let _ = answer.send(work());
            drop(permit);
        });
        thread.ok()?;
        answered.await.ok()
    }
}

/// Lowers the calling thread's priority. On Linux alone it is the thread's: elsewhere the whole
/// process would give way.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "passwords are hashed at full priority");
    }
}

fn hash(password: &[u8]) -> Result<String, HashError> {
    Argon2::default().hash_password(password).map(|hash| hash.to_string()).map_err(|_| HashError)
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::phc::Output;

    use super::*;

    /// An unknown account may not answer faster than a known one (OWASP, "Authentication").
    #[test]
    fn the_decoy_costs_what_a_real_hash_costs() {
        let real = hash(b"correct horse battery").expect("hashed");
        let real = PasswordHash::new(&real).expect("readable");
        let decoy = PasswordHash::new(DECOY).expect("readable");
        assert_eq!(decoy.algorithm, real.algorithm);
        assert_eq!(decoy.version, real.version);
        assert_eq!(decoy.params, real.params);
        let lengths = |hash: &PasswordHash| {
            let salt = hash.salt.as_ref().map(|salt| salt.as_ref().len());
            (salt, hash.hash.as_ref().map(Output::len))
        };
        assert_eq!(lengths(&decoy), lengths(&real));
    }
}
