//! Who acts for whom, where access was handed on ([RFC 8693 §4.1]).
//!
//! [RFC 8693 §4.1]: https://www.rfc-editor.org/rfc/rfc8693#section-4.1

use serde::{Deserialize, Serialize};

use super::text::ToldText;

/// The `act` claim ([RFC 8693 §4.1]): the current actor outermost, whoever handed it on inside.
///
/// [RFC 8693 §4.1]: https://www.rfc-editor.org/rfc/rfc8693#section-4.1
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The client or the registration that acts.
    pub sub: String,
    /// What it was called when access was handed on to it: told, never proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<ToldText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Actor>>,
}

impl Actor {
    /// How often access was handed on.
    #[must_use]
    pub fn depth(&self) -> usize {
        1 + self.act.as_deref().map_or(0, Self::depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8693 §4.1, the shape of its second example.
    #[test]
    fn the_actor_before_stands_inside() {
        let text = r#"{"sub":"b","agent":"Helper","act":{"sub":"a"}}"#;
        let actor: Actor = serde_json::from_str(text).expect("an actor");
        assert_eq!(actor.depth(), 2);
        assert_eq!(serde_json::to_string(&actor).expect("JSON"), text);
    }
}
