//! What a browser is asked, sealed into its page: nothing is kept until it is answered, and it is
//! answered once (docs/adr/0029).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::domain::change::Effect;
use crate::domain::passkey::CEREMONY;
use crate::domain::replay::{Once, Use};
use crate::flow::error::PersonError;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::webauthn::{Ceremony, CeremonyError};

/// What a page asks a browser to do (docs/adr/0029).
#[derive(Debug)]
pub struct Question {
    /// For the script of the page.
    pub options: String,
    /// Goes back as it is.
    pub sealed: String,
    pub expires_at: Timestamp,
}

/// What a browser answers (docs/adr/0029).
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub sealed: &'a str,
    pub answer: &'a str,
    /// The token of the form that it came with: the question was asked in the same browser.
    pub form: &'a str,
}

/// Which of the two ceremonies a question belongs to.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    SignIn,
    Make,
}

/// A question, until it is answered.
#[derive(Serialize, Deserialize)]
pub(super) struct Waiting {
    until: i64,
    pub(super) state: String,
}

/// Bound to its purpose and to the browser and person whose page it is on.
fn sealed_as(purpose: Purpose, form: &str) -> String {
    let purpose = match purpose {
        Purpose::SignIn => "sign_in",
        Purpose::Make => "make",
    };
    format!("passkey:{purpose}:{form}")
}

pub(super) fn question(
    app: &App,
    purpose: Purpose,
    Ceremony { options, state }: Ceremony,
    (form, now): (&str, Timestamp),
) -> Result<Question, PersonError> {
    let expires_at = now + CEREMONY;
    let plain = serde_json::to_vec(&Waiting { until: expires_at.0, state });
    let plain = plain.map_err(|error| PersonError::Internal(error.into()))?;
    let sealed = app.vault.seal(&sealed_as(purpose, form), &plain, &app.entropy);
    let sealed = sealed.map_err(|error| PersonError::Internal(error.into()))?;
    Ok(Question { options, sealed: URL_SAFE_NO_PAD.encode(sealed), expires_at })
}

/// What was asked, while an answer counts; and that it counts once.
pub(super) fn opened(
    app: &App,
    purpose: Purpose,
    answer: Answer<'_>,
    now: Timestamp,
) -> Result<(Waiting, Effect), CeremonyError> {
    let sealed = URL_SAFE_NO_PAD.decode(answer.sealed).map_err(|_| CeremonyError::Refused)?;
    let plain = app.vault.unseal(&sealed_as(purpose, answer.form), &sealed);
    let plain = plain.map_err(|_| CeremonyError::Refused)?;
    let waiting: Waiting = serde_json::from_slice(&plain).map_err(|_| CeremonyError::Refused)?;
    let until = Timestamp(waiting.until);
    if now >= until {
        return Err(CeremonyError::Refused);
    }
    let once = Use::of(Once::Ceremony, "", &Digest::of(&sealed).hex(), until);
    Ok((waiting, Effect::Remember(once)))
}
