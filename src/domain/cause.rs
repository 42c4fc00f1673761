//! What led to what happened.

use crate::domain::id::{AccountId, ApprovalId, KeyId, SessionId};

/// What led to an event: somebody's yes, a session, a key, an administrator, or a rule of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    Approval(ApprovalId),
    Session(SessionId),
    /// A key acted.
    Key(KeyId),
    /// An administrator of this server did it to somebody.
    Administrator(AccountId),
    /// The name of a grant, or of why something ended.
    Rule(String),
}

impl Cause {
    /// As it is kept and exported.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Approval(id) => format!("approval:{id}"),
            Self::Session(id) => format!("session:{id}"),
            Self::Key(id) => format!("key:{id}"),
            Self::Administrator(id) => format!("administrator:{id}"),
            Self::Rule(name) => format!("rule:{name}"),
        }
    }

    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':')?;
        match kind {
            "approval" => Some(Self::Approval(ApprovalId(name.to_owned()))),
            "session" => Some(Self::Session(SessionId(name.to_owned()))),
            "key" => Some(Self::Key(KeyId(name.to_owned()))),
            "administrator" => Some(Self::Administrator(AccountId(name.to_owned()))),
            "rule" => Some(Self::Rule(name.to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/adr/0027: what is written of a cause is read again as the same.
    #[test]
    fn a_cause_is_read_as_it_was_written() {
        for cause in [
            Cause::Approval(ApprovalId("apr_1".to_owned())),
            Cause::Session(SessionId("ses_1".to_owned())),
            Cause::Key(KeyId("key_1".to_owned())),
            Cause::Administrator(AccountId("acc_1".to_owned())),
            Cause::Rule("refresh_reuse".to_owned()),
        ] {
            assert_eq!(Cause::read(&cause.written()), Some(cause));
        }
        assert_eq!(Cause::read("token:1"), None);
        assert_eq!(Cause::read("approval"), None);
    }
}
