//! Names that people trust at sight, and the places that may carry them.
//!
//! Anybody may register a client under any name. One that borrows a well-known name and
//! leads elsewhere is the cheapest trick there is, so the person has to look twice.

use crate::protocol::destination::Destination;

/// A well-known program, its own hosts, and the schemes its programs open.
#[derive(Debug)]
struct Brand {
    name: &'static str,
    words: &'static [&'static str],
    /// These hosts and everything below them. No host that gives names to strangers.
    hosts: &'static [&'static str],
    schemes: &'static [&'static str],
}

const BRANDS: &[Brand] = &[
    Brand {
        name: "Claude",
        words: &["claude", "anthropic"],
        hosts: &["claude.ai", "claude.com", "anthropic.com"],
        schemes: &["claude"],
    },
    Brand {
        name: "ChatGPT",
        words: &["chatgpt", "openai"],
        hosts: &["chatgpt.com", "openai.com"],
        schemes: &["chatgpt", "codex"],
    },
    Brand {
        name: "Cursor",
        words: &["cursor"],
        hosts: &["cursor.com", "cursor.sh"],
        schemes: &["cursor"],
    },
    Brand {
        name: "VS Code",
        words: &["vscode", "visualstudio"],
        hosts: &["vscode.dev", "visualstudio.com", "code.visualstudio.com"],
        schemes: &["vscode", "vscode-insiders"],
    },
    Brand {
        name: "Copilot",
        words: &["copilot"],
        hosts: &["github.com", "githubcopilot.com", "copilot.microsoft.com", "vscode.dev"],
        schemes: &["vscode", "vscode-insiders", "ms-copilot"],
    },
    Brand {
        name: "Gemini",
        words: &["gemini"],
        hosts: &["gemini.google.com", "oauth-redirect.googleusercontent.com"],
        schemes: &["gemini"],
    },
    Brand {
        name: "Windsurf",
        words: &["windsurf", "codeium"],
        hosts: &["windsurf.com", "codeium.com"],
        schemes: &["windsurf"],
    },
    Brand {
        name: "Perplexity",
        words: &["perplexity"],
        hosts: &["perplexity.ai"],
        schemes: &["perplexity"],
    },
    Brand {
        name: "GitHub",
        words: &["github"],
        hosts: &["github.com", "githubcopilot.com"],
        schemes: &["vscode", "vscode-insiders", "x-github-client"],
    },
];

/// Who stands behind a client's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voucher<'a> {
    /// It registered itself.
    Nobody,
    /// The host of its metadata document.
    Host(&'a str),
    /// The operator, in the settings.
    Operator,
}

/// A well-known name, and the place that is not its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Borrowed {
    pub brand: &'static str,
    pub place: String,
}

/// Whether this name is a well-known one on a foreign host. A program on this computer is
/// nobody's host; the page warns of those whatever they are called.
#[must_use]
pub fn borrowed(name: &str, voucher: Voucher<'_>, to: &Destination) -> Option<Borrowed> {
    let skeleton = skeleton(name);
    let brands: Vec<_> = BRANDS.iter().filter(|brand| brand.is_in(&skeleton)).collect();
    let first = brands.first()?;
    let place = match voucher {
        Voucher::Operator => return None,
        Voucher::Host(host) if brands.iter().any(|brand| brand.owns(host)) => return None,
        Voucher::Host(host) => host.to_owned(),
        Voucher::Nobody if brands.iter().any(|brand| brand.may_lead_to(to)) => return None,
        Voucher::Nobody => to.shown().to_owned(),
    };
    Some(Borrowed { brand: first.name, place })
}

impl Brand {
    fn is_in(&self, seen: &str) -> bool {
        self.words.iter().any(|word| seen.contains(&skeleton(word)))
    }

    fn owns(&self, host: &str) -> bool {
        let below = |own: &&str| {
            host.strip_suffix(*own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.hosts.iter().any(below)
    }

    fn may_lead_to(&self, to: &Destination) -> bool {
        match to {
            Destination::Site { host, .. } => self.owns(host),
            Destination::ThisComputer { .. } => true,
            Destination::Program { scheme, .. } => self.schemes.contains(&scheme.as_str()),
        }
    }
}

/// Characters of other alphabets, digits and signs that pass for a Latin letter. `i` and `l`
/// pass for each other.
const LOOK_ALIKES: &[(char, &str)] = &[
    ('a', "аαɑ@4àáâãäåāạ"),
    ('c', "сϲçćč"),
    ('d', "ԁđďḍ"),
    ('e', "еёε3èéêëēėęẹ"),
    ('g', "ɡğģ"),
    ('h', "һħ"),
    ('l', "iіιıìíîïīị1!ӏǀ|łľĺ"),
    ('n', "ոηñńň"),
    ('o', "оοօ0òóôõöøōọ"),
    ('p', "рρ"),
    ('r', "гŕř"),
    ('s', "ѕ$5śšş"),
    ('t', "тτťţ"),
    ('u', "υսùúûüūụ"),
    ('v', "ѵν"),
    ('x', "хχ"),
    ('y', "уγýÿ"),
];

/// What the eye reads: letters and digits alone, in lower case, with each look-alike as the
/// letter it passes for.
fn skeleton(name: &str) -> String {
    let seen = name.chars().flat_map(char::to_lowercase).map(latin);
    let letters: String = seen.filter(char::is_ascii_alphanumeric).collect();
    letters.replace("rn", "m").replace("vv", "w")
}

fn latin(character: char) -> char {
    let found = LOOK_ALIKES.iter().find(|(_, passing)| passing.contains(character));
    found.map_or_else(|| narrow(character), |(letter, _)| *letter)
}

/// The plain form of a full-width letter.
fn narrow(character: char) -> char {
    let offset = u32::from(character).checked_sub(u32::from('ａ'));
    let letter = offset.filter(|offset| *offset < 26).and_then(|offset| u8::try_from(offset).ok());
    letter.map_or(character, |offset| latin(char::from(b'a'.saturating_add(offset))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brand(name: &str, voucher: Voucher<'_>, uri: &str) -> Option<&'static str> {
        borrowed(name, voucher, &Destination::of(uri)).map(|borrowed| borrowed.brand)
    }

    /// contracts/pages.md point 3; oauth.md section 2, impersonation.
    #[test]
    fn a_well_known_name_on_a_foreign_host_is_noticed() {
        let nobody = Voucher::Nobody;
        for (name, uri, wanted) in [
            ("Claude", "https://claude.example.net/cb", Some("Claude")),
            ("Claude", "https://notclaude.ai/cb", Some("Claude")),
            ("Claude", "https://claude.ai.example.net/cb", Some("Claude")),
            ("Claude", "https://claude.ai/api/mcp/auth_callback", None),
            ("Cursor", "https://www.cursor.com/cb", None),
            ("Cursor", "cursor://anysphere.cursor-mcp/oauth/callback", None),
            ("Cursor", "evil://anysphere.cursor-mcp/oauth/callback", Some("Cursor")),
            ("Visual Studio Code", "https://vscode.dev/redirect", None),
            ("VS Code", "https://example.net/redirect", Some("VS Code")),
            ("Claude Code", "http://localhost:8080/callback", None),
            ("Release notes bot", "https://example.net/cb", None),
            ("GitHub Copilot", "https://github.com/cb", None),
        ] {
            assert_eq!(brand(name, nobody, uri), wanted, "{name} {uri}");
        }
    }

    /// The eye is fooled by spacing, case, digits and letters of other alphabets.
    #[test]
    fn a_well_known_name_in_disguise_is_noticed() {
        for name in [
            "CLAUDE",
            "C l a u d e",
            "Cla-ude",
            "\u{421}l\u{430}ud\u{435}",
            "Ｃｌａｕｄｅ",
            "Clаudе™",
            "C|aude",
            "C1aude",
            "Cláude",
            "Cla\u{301}ude",
        ] {
            assert_eq!(
                brand(name, Voucher::Nobody, "https://x.example/cb"),
                Some("Claude"),
                "{name}"
            );
        }
        assert_eq!(brand("Gerninl", Voucher::Nobody, "https://x.example/cb"), Some("Gemini"));
        assert_eq!(brand("Ch4tGPT", Voucher::Nobody, "https://x.example/cb"), Some("ChatGPT"));
    }

    /// A document proves its host, so the host decides; what the operator wrote needs no doubt.
    #[test]
    fn who_vouches_decides_whether_a_name_is_borrowed() {
        let (own, foreign) = (Voucher::Host("claude.ai"), Voucher::Host("claude.example.net"));
        let loopback = "http://127.0.0.1:3000/cb";
        assert_eq!(brand("Claude", own, loopback), None);
        assert_eq!(brand("Claude", own, "https://partner.example/cb"), None);
        assert_eq!(brand("Claude", foreign, loopback), Some("Claude"));
        assert_eq!(brand("Claude", foreign, "https://claude.ai/cb"), Some("Claude"));
        assert_eq!(brand("Claude", Voucher::Operator, "https://x.example/cb"), None);
        let seen = borrowed("Claude", foreign, &Destination::of(loopback));
        assert_eq!(seen.map(|seen| seen.place).as_deref(), Some("claude.example.net"));
    }

    /// The table itself: every name is found by its own words, hosts are in lower case.
    #[test]
    fn every_brand_can_be_found() {
        for one in BRANDS {
            assert!(one.is_in(&skeleton(one.name)), "{}", one.name);
            assert!(one.hosts.iter().all(|host| one.owns(host) && *host == host.to_lowercase()));
        }
    }
}
