//! How credentials begin: what a text is, its anchored prefix says.

use super::addresses::Addresses;
use super::entry::Entry;
use super::problem::Problem;
use crate::protocol::api_key::KeyForm;
use crate::protocol::secret::SecretKind;

/// Prefixes that are taken, by whom.
pub(super) struct Prefixes(Vec<String>);

/// What no two profiles may have.
pub(super) struct Taken {
    pub prefixes: Prefixes,
    pub addresses: Addresses,
}

impl Prefixes {
    /// Those of this server's own secrets.
    pub fn ours() -> Self {
        Self(SecretKind::ALL.iter().map(|kind| kind.prefix().to_owned()).collect())
    }

    /// Takes a prefix, unless it and another could begin the same text: then nothing could tell
    /// two kinds of credential apart.
    fn take(&mut self, prefix: &str) -> Result<(), String> {
        let clash = |taken: &&String| taken.starts_with(prefix) || prefix.starts_with(*taken);
        if let Some(taken) = self.0.iter().find(clash) {
            return Err(format!("{taken} is taken, and the same text could begin with both"));
        }
        self.0.push(prefix.to_owned());
        Ok(())
    }
}

pub(super) fn form(
    entry: &Entry<'_>,
    name: &str,
    bytes: usize,
    prefixes: &mut Prefixes,
    problems: &mut Vec<Problem>,
) -> Option<KeyForm> {
    let prefix = entry.text(name, problems)?;
    let taken = if KeyForm::is_prefix(&prefix) {
        prefixes.take(&prefix)
    } else {
        Err("write small letters and digits with an underscore at the end, such as ex_".to_owned())
    };
    if let Err(remedy) = taken {
        problems.push(entry.problem(name, remedy));
        return None;
    }
    Some(KeyForm::new(&prefix, bytes))
}
