//! Text that agents tell us about themselves: shown to people, so cleaned first.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::email::is_invisible;

/// One line of untrusted text: control, bidirectional and invisible characters stripped,
/// white space folded, cut to a length. Escaping is the template's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToldText(String);

impl ToldText {
    /// Cleans `text`; `None` when nothing readable is left.
    #[must_use]
    pub fn clean(text: &str, most_characters: usize) -> Option<Self> {
        let mut line = String::new();
        let words = text.split(|c: char| c.is_whitespace() || c.is_control());
        for word in words {
            let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
            if word.is_empty() {
                continue;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        let cut: String = line.chars().take(most_characters).collect();
        (!cut.trim().is_empty()).then(|| Self(cut.trim().to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ToldText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_the_eye_is_stripped() {
        let told = ToldText::clean(" Pay\u{202E}Pal\n\n\u{0}agent\u{200B} ", 40).expect("text");
        assert_eq!(told.as_str(), "PayPal agent");
        assert_eq!(ToldText::clean("\u{200B}\n", 40), None);
        let blank = "\u{3164}\u{115F}\u{FFA0} \u{2800}\u{34F}\u{FE0F}\u{E0100}\u{E0041}\u{180F}";
        assert_eq!(ToldText::clean(blank, 40), None, "what nobody sees is no name");
        for seen in ["Zoë", "عَلِيّ", "한글", "ไทย", "ខ្មែរ", "日本語"]
        {
            assert_eq!(ToldText::clean(seen, 40).map(|text| text.0).as_deref(), Some(seen));
        }
        assert_eq!(ToldText::clean(&"x".repeat(500), 80).map(|t| t.as_str().len()), Some(80));
    }
}
