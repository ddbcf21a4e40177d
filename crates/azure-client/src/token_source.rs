//! A token that is always fresh.

use std::fmt;
use std::sync::Arc;

use clock::Clock;
use jiff::SignedDuration;
use tokio::sync::Mutex;

use crate::credential::Credential;
use crate::entra::{Token, TokenFailure};

/// Gives out one app's token for one scope and renews it before it expires.
pub struct TokenSource {
    credential: Arc<dyn Credential>,
    scope: String,
    clock: Clock,
    current: Mutex<Option<Token>>,
}

/// A token is renewed this long before its end, as Microsoft's own libraries do.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

impl TokenSource {
    /// A source that has no token yet.
    #[must_use]
    pub fn new(credential: Arc<dyn Credential>, scope: String, clock: Clock) -> Self {
        Self { credential, scope, clock, current: Mutex::default() }
    }

    /// The token, asked for if need be. A caller that comes meanwhile waits for the same answer.
    ///
    /// # Errors
    /// When Entra refuses or cannot be asked.
    pub async fn token(&self) -> Result<Token, TokenFailure> {
        let mut current = self.current.lock().await;
        let now = self.clock.now();
        if let Some(token) = &*current
            && token.expires_at.duration_since(now) > EARLY
        {
            return Ok(token.clone());
        }
        let token = self.credential.request(&self.scope, now).await?;
        *current = Some(token.clone());
        Ok(token)
    }

    /// Forgets a token that Azure did not take; a newer one stays.
    pub async fn forget(&self, refused: &Token) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|token| token.expires_at == refused.expires_at) {
            *current = None;
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource").field("credential", &self.credential).finish_non_exhaustive()
    }
}
