//! English, of passkeys.

use crate::web::texts::PasskeyTexts;

pub const PASSKEYS: PasskeyTexts = PasskeyTexts {
    title: "Passkeys",
    lead: "A passkey lives in your phone, your computer or a security key, and works on this site \
           alone: nobody can ask you for it on another. Once you have one, whatever spends, deletes \
           or makes keys asks for it instead of your password.",
    none: "You have none yet.",
    added: "Added",
    last_used: "Last used",
    never: "Never",
    remove: "Remove",
    was_added: "Your passkey is ready.",
    was_removed: "Removed. It signs nobody in any more.",
    add: "Add a passkey",
    add_lead: "Your device asks for your fingerprint, your face or its PIN. None of that comes here.",
    name: "What you call it",
    make: "Make the passkey",
    cannot: "Making a passkey needs scripts, and a browser that knows passkeys.",
    name_missing: "Give it a name, so that you know it again.",
    too_many: "You have as many passkeys as one account may. Remove one first.",
    not_made: "That did not work, or took too long. Nothing was added; try again.",
    sign_in: "Sign in with a passkey",
    wrong: "That passkey is not known here, or it took too long. Try again, or use your password.",
    declined: "Your device gave no passkey. Try again, or use your password.",
    needed: "What comes next needs your passkey: a password alone is not enough for it.",
};
