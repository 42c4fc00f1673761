//! Both ceremonies, by the crate that knows CBOR, COSE and their checks.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::{Ceremony, CeremonyError, Made, Owner};

/// This server, to authenticators.
#[derive(Debug)]
pub struct RelyingParty {
    id: String,
    webauthn: Box<Webauthn>,
}

/// What a browser says that an authenticator signed. Nothing of it is true yet.
#[derive(Debug)]
pub struct Proof {
    id: String,
    handle: Uuid,
    answer: PublicKeyCredential,
}

impl RelyingParty {
    /// The relying party at this origin; none where the host is an IP address, which is no
    /// relying party identifier (§5.1.2, "effective domain").
    #[must_use]
    pub fn of(origin: &str, name: &str) -> Option<Self> {
        let origin = Url::parse(origin).ok()?;
        let id = origin.domain()?.to_owned();
        let webauthn = WebauthnBuilder::new(&id, &origin).ok()?.rp_name(name).build().ok()?;
        Some(Self { id, webauthn: Box::new(webauthn) })
    }

    /// The relying party identifier: a passkey made for another is of no use here.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Asks for a new passkey that the device finds by itself, on none of the devices that hold
    /// one of `known` (§7.1, step 1).
    ///
    /// # Errors
    ///
    /// It cannot be written down.
    pub fn ask_to_make(
        &self,
        owner: Owner<'_>,
        known: &[String],
    ) -> Result<Ceremony, CeremonyError> {
        let known = known.iter().filter_map(|id| URL_SAFE_NO_PAD.decode(id).ok()).collect();
        let handle = Uuid::from_bytes(owner.handle);
        let (asked, state) = self
            .webauthn
            .start_passkey_registration(handle, owner.name, owner.display_name, Some(known))
            .map_err(broken)?;
        let mut options = serde_json::to_value(&asked.public_key).map_err(broken)?;
        plain(&mut options);
        // Who signs in with a passkey types no address, so the device has to know it.
        if let Some(selection) = options.pointer_mut("/authenticatorSelection") {
            set(selection, "residentKey", json!("required"));
            set(selection, "requireResidentKey", json!(true));
        }
        Ok(Ceremony {
            options: options.to_string(),
            state: serde_json::to_string(&state).map_err(broken)?,
        })
    }

    /// The passkey that was made (§7.1). Whether it is anybody's already is the caller's to see.
    ///
    /// # Errors
    ///
    /// Another challenge, origin or relying party, a person who was not verified, or no answer.
    pub fn made(&self, state: &str, answer: &str) -> Result<Made, CeremonyError> {
        let state: PasskeyRegistration = kept(state)?;
        let answer: RegisterPublicKeyCredential =
            serde_json::from_str(answer).map_err(|_| CeremonyError::Refused)?;
        let made = self.webauthn.finish_passkey_registration(&answer, &state);
        let made = made.map_err(|_| CeremonyError::Refused)?;
        Ok(Made {
            id: URL_SAFE_NO_PAD.encode(made.cred_id()),
            credential: serde_json::to_string(&made).map_err(broken)?,
        })
    }

    /// Asks for a proof with any passkey of this relying party (§7.2, step 1).
    ///
    /// # Errors
    ///
    /// It cannot be written down.
    pub fn ask_to_prove(&self) -> Result<Ceremony, CeremonyError> {
        let (asked, state) = self.webauthn.start_discoverable_authentication().map_err(broken)?;
        let mut options = serde_json::to_value(&asked.public_key).map_err(broken)?;
        plain(&mut options);
        Ok(Ceremony {
            options: options.to_string(),
            state: serde_json::to_string(&state).map_err(broken)?,
        })
    }

    /// Reads whose proof it wants to be; none if it is no proof at all.
    #[must_use]
    pub fn read(&self, answer: &str) -> Option<Proof> {
        let answer: PublicKeyCredential = serde_json::from_str(answer).ok()?;
        let (handle, id) = self.webauthn.identify_discoverable_authentication(&answer).ok()?;
        Some(Proof { id: URL_SAFE_NO_PAD.encode(id), handle, answer })
    }

    /// The credential record as it is after this proof (§7.2).
    ///
    /// # Errors
    ///
    /// Another challenge, origin, relying party or key, a person who was not verified, or a
    /// signature counter that went back.
    pub fn proven(
        &self,
        state: &str,
        proof: &Proof,
        credential: &str,
    ) -> Result<String, CeremonyError> {
        let state: DiscoverableAuthentication = kept(state)?;
        let mut passkey: Passkey = kept(credential)?;
        let proven =
            self.webauthn.finish_discoverable_authentication_v2(&proof.answer, state, &passkey);
        let proven = proven.map_err(|_| CeremonyError::Refused)?;
        passkey.update_credential(&proven).ok_or(CeremonyError::Refused)?;
        serde_json::to_string(&passkey).map_err(broken)
    }
}

impl Proof {
    /// The credential id, base64url.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the authenticator names the owner of this handle.
    #[must_use]
    pub fn is_of(&self, handle: [u8; 16]) -> bool {
        *self.handle.as_bytes() == handle
    }
}

/// Without the extensions that the crate asks for: nothing here reads them.
fn plain(options: &mut Value) {
    if let Some(options) = options.as_object_mut() {
        options.remove("extensions");
    }
}

fn set(value: &mut Value, name: &str, to: Value) {
    if let Some(members) = value.as_object_mut() {
        members.insert(name.to_owned(), to);
    }
}

fn kept<T: DeserializeOwned>(text: &str) -> Result<T, CeremonyError> {
    serde_json::from_str(text).map_err(broken)
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> CeremonyError {
    CeremonyError::Broken(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// §5.1.2: an IP address is no relying party; a name is, with any port.
    #[test]
    fn only_a_name_is_a_relying_party() {
        for origin in ["http://127.0.0.1:8080", "https://[2001:db8::1]", "https://192.0.2.7"] {
            assert!(RelyingParty::of(origin, "Notes").is_none(), "{origin}");
        }
        for (origin, id) in [
            ("http://localhost:8080", "localhost"),
            ("https://auth.example.com", "auth.example.com"),
        ] {
            assert_eq!(RelyingParty::of(origin, "Notes").expect("a party").id(), id);
        }
    }

    #[test]
    fn a_passkey_is_asked_for_that_is_found_without_a_name_and_verifies_its_person() {
        let party = RelyingParty::of("http://localhost:8080", "Notes").expect("a party");
        let owner = Owner { handle: [7; 16], name: "ada@example.com", display_name: "Ada" };
        let asked = party.ask_to_make(owner, &[String::from("AQID")]).expect("asked");
        let options: Value = serde_json::from_str(&asked.options).expect("options");
        assert_eq!(options["rp"], json!({ "id": "localhost", "name": "Notes" }));
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(options["excludeCredentials"][0]["id"], "AQID");
        assert_eq!(options["extensions"], Value::Null);
        let asked = party.ask_to_prove().expect("asked");
        let options: Value = serde_json::from_str(&asked.options).expect("options");
        assert_eq!(options["userVerification"], "required");
        assert_eq!(options["allowCredentials"], json!([]));
    }
}
