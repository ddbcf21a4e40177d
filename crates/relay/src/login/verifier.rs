//! Checking passwords without spending 50 ms of CPU on every page that a scanner sends.
//!
//! A password that was found good is remembered for some minutes, under a key that lives only in this
//! process, together with the hash that it fitted: a changed or removed credential is not found again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use clock::Entropy;
use jiff::{SignedDuration, Timestamp};
use model::credential::PasswordHash;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

/// Checks passwords, and remembers for ten minutes which were right.
pub struct Verifier {
    key: hmac::Key,
    good: Mutex<HashMap<[u8; 32], Timestamp>>,
    /// Hashing takes 19 MiB each; this many at once.
    permits: Semaphore,
    /// So many strangers stand in line for those permits; the others wait until they may.
    strangers: Semaphore,
    /// What a password for an unknown login is compared with, so that it takes as long.
    nobody: Arc<PasswordHash>,
}

/// Who waits when many passwords are to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A client at a place where its login worked: behind a hash or two, however many strangers guess.
    Known,
    /// All others, one behind another.
    Stranger,
}

/// How long a good password is remembered.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// How many are remembered; beyond that the expired go, then all.
const CAPACITY: usize = 20_000;

impl Verifier {
    /// A verifier that remembers nothing.
    #[must_use]
    pub fn new(entropy: &Entropy) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let nobody = PasswordHash::of(&SecretString::from("nobody"), entropy.bytes());
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &entropy.bytes::<32>()),
            good: Mutex::default(),
            permits: Semaphore::new(cores),
            strangers: Semaphore::new(cores),
            nobody: Arc::new(nobody),
        }
    }

    /// Whether `password` fits `hash`. Without a hash it fits nothing, after the same time.
    pub async fn is_good(
        &self,
        turn: Turn,
        hash: Option<&PasswordHash>,
        password: &SecretString,
        now: Timestamp,
    ) -> bool {
        let tag = hash.map(|hash| self.tag(hash, password));
        if self.remembers(tag.as_ref(), now) {
            return true;
        }
        let _in_line = match turn {
            Turn::Known => None,
            Turn::Stranger => self.strangers.acquire().await.ok(),
        };
        // The semaphores are never closed.
        let Ok(_permit) = self.permits.acquire().await else { return false };
        // While this one waited, another session of the same device may have found the password good.
        if self.remembers(tag.as_ref(), now) {
            return true;
        }
        let (candidate, password) = (hash.cloned(), password.clone());
        let nobody = Arc::clone(&self.nobody);
        let fits = tokio::task::spawn_blocking(move || match candidate {
            Some(hash) => hash.is_of(&password),
            None => {
                std::hint::black_box(nobody.is_of(&password));
                false
            }
        });
        let fits = fits.await.unwrap_or(false);
        if let (true, Some(tag)) = (fits, tag) {
            self.remember(tag, now);
        }
        fits
    }

    /// What stands for a login with its proof and the hash that the proof is compared with, so that the same guess is
    /// known again. It says nothing of them: the key lives only in this process.
    #[must_use]
    pub fn mark(&self, login: &str, hash: Option<&PasswordHash>, proof: &SecretString) -> u64 {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [login, hash.map_or("", PasswordHash::as_phc)] {
            context.update(part.as_bytes());
            context.update(&[0]);
        }
        context.update(proof.expose_secret().as_bytes());
        let tag = context.sign();
        tag.as_ref().iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
    }

    fn remembers(&self, tag: Option<&[u8; 32]>, now: Timestamp) -> bool {
        tag.is_some_and(|tag| self.lock().get(tag).is_some_and(|until| *until > now))
    }

    fn remember(&self, tag: [u8; 32], now: Timestamp) {
        let mut good = self.lock();
        if good.len() >= CAPACITY {
            good.retain(|_, until| *until > now);
        }
        if good.len() >= CAPACITY {
            good.clear();
        }
        good.insert(tag, clock::after(now, LIFETIME));
    }

    fn tag(&self, hash: &PasswordHash, password: &SecretString) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(hash.as_phc().as_bytes());
        context.update(&[0]);
        context.update(password.expose_secret().as_bytes());
        let mut tag = [0; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Timestamp>> {
        self.good.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_stands_for_login_and_proof_together() {
        let verifier = Verifier::new(&Entropy::repeatable(1));
        let hash = PasswordHash::new("hash".to_owned());
        let mark = |login, proof: &str| verifier.mark(login, None, &SecretString::from(proof));
        assert_eq!(mark("a", "bc"), mark("a", "bc"));
        let changed = verifier.mark("a", Some(&hash), &SecretString::from("bc"));
        let marks = [mark("a", "bc"), mark("ab", "c"), mark("a", "bd"), mark("", "abc"), changed];
        let distinct: std::collections::HashSet<u64> = marks.into_iter().collect();
        assert_eq!(distinct.len(), marks.len());
    }

    #[tokio::test]
    async fn a_good_password_is_remembered_only_with_its_hash() {
        let verifier = Verifier::new(&Entropy::repeatable(1));
        let (good, bad) = (SecretString::from("good"), SecretString::from("bad"));
        let (first, second) = (PasswordHash::of(&good, [1; 16]), PasswordHash::of(&bad, [2; 16]));
        let now = Timestamp::UNIX_EPOCH;
        assert!(!verifier.is_good(Turn::Stranger, Some(&first), &bad, now).await);
        assert!(!verifier.is_good(Turn::Stranger, None, &SecretString::from("nobody"), now).await);
        assert!(verifier.lock().is_empty());
        assert!(verifier.is_good(Turn::Stranger, Some(&first), &good, now).await);
        assert_eq!(verifier.lock().len(), 1);
        assert!(verifier.is_good(Turn::Stranger, Some(&first), &good, now).await);
        assert!(
            !verifier.is_good(Turn::Stranger, Some(&second), &good, now).await,
            "the credential got another password"
        );
        assert!(!verifier.is_good(Turn::Stranger, None, &good, now).await, "the credential is gone");
    }

    #[tokio::test]
    async fn strangers_that_guess_do_not_hold_up_a_device_that_works() {
        let verifier = Arc::new(Verifier::new(&Entropy::repeatable(1)));
        let done = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let cores = verifier.permits.available_permits();
        let strangers: Vec<_> = (0..cores * 20)
            .map(|number| {
                let (verifier, done) = (Arc::clone(&verifier), Arc::clone(&done));
                tokio::spawn(async move {
                    let guess = SecretString::from(number.to_string());
                    verifier.is_good(Turn::Stranger, None, &guess, Timestamp::UNIX_EPOCH).await;
                    done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(verifier.permits.available_permits(), 0, "the strangers are at it");
        let good = SecretString::from("good");
        let hash = PasswordHash::of(&good, [1; 16]);
        assert!(verifier.is_good(Turn::Known, Some(&hash), &good, Timestamp::UNIX_EPOCH).await);
        let before = done.load(std::sync::atomic::Ordering::Relaxed);
        assert!(before <= cores * 3, "{before} strangers were first");
        strangers.iter().for_each(tokio::task::JoinHandle::abort);
    }
}
