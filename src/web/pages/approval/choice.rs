//! What the person may choose: which scopes, and for how long.

use crate::domain::resource::{Risk, ScopeRule};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::{ScopeTexts, Texts};

/// One asked scope, in the operator's words.
#[derive(Debug, Clone, Copy)]
pub struct ScopeChoice<'a> {
    pub name: &'a str,
    pub title: &'a str,
    /// Empty when the operator gave none.
    pub possible: &'a str,
    /// Empty when the operator gave none.
    pub impossible: &'a str,
    pub risk: Risk,
    /// Locked: always sent, cannot be unticked.
    pub required: bool,
    pub ticked: bool,
}

impl<'a> ScopeChoice<'a> {
    /// As first shown: what is required or only reads starts ticked, the rest does not.
    #[must_use]
    pub fn first_shown(rule: &'a ScopeRule) -> Self {
        Self {
            name: &rule.name,
            title: &rule.title,
            possible: &rule.possible,
            impossible: &rule.impossible,
            risk: rule.risk,
            required: rule.required,
            ticked: rule.required || rule.risk == Risk::Read,
        }
    }

    /// As shown again after the person chose.
    #[must_use]
    pub fn chosen(rule: &'a ScopeRule, ticked: bool) -> Self {
        Self { ticked: rule.required || ticked, ..Self::first_shown(rule) }
    }

    pub(super) fn is_above_reading(&self) -> bool {
        self.risk > Risk::Read
    }
}

/// The scopes of one tier.
pub(super) struct Group<'a> {
    pub risk: &'static str,
    pub title: &'static str,
    pub words: &'static str,
    pub scopes: Vec<ScopeChoice<'a>>,
}

impl<'a> Group<'a> {
    pub(super) fn worst_first(scopes: &[ScopeChoice<'a>], texts: &ScopeTexts) -> Vec<Self> {
        let tiers = [
            (Risk::Delete, "delete"),
            (Risk::Spend, "spend"),
            (Risk::Change, "change"),
            (Risk::Read, "read"),
        ];
        let group = |(tier, risk)| {
            let scopes: Vec<_> = scopes.iter().filter(|s| s.risk == tier).copied().collect();
            let (title, words) = texts.group(tier);
            (!scopes.is_empty()).then_some(Self { risk, title, words, scopes })
        };
        tiers.into_iter().filter_map(group).collect()
    }
}

/// The values of `lifetime` on the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// No refresh token.
    Once,
    OneHour,
    EightHours,
    SevenDays,
    ThirtyDays,
    /// With `custom_days`.
    Custom,
}

impl Lifetime {
    #[must_use]
    pub const fn value(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::OneHour => "1h",
            Self::EightHours => "8h",
            Self::SevenDays => "7d",
            Self::ThirtyDays => "30d",
            Self::Custom => "custom",
        }
    }

    pub(in crate::web::pages) const fn words(self, texts: &Texts) -> &'static str {
        match self {
            Self::Once => texts.lifetimes.once,
            Self::OneHour => texts.lifetimes.one_hour,
            Self::EightHours => texts.lifetimes.eight_hours,
            Self::SevenDays => texts.lifetimes.seven_days,
            Self::ThirtyDays => texts.lifetimes.thirty_days,
            Self::Custom => texts.lifetimes.custom,
        }
    }
}

/// One lifetime on offer; those above the operator's cap are left out.
#[derive(Debug, Clone, Copy)]
pub struct LifetimeOption {
    pub lifetime: Lifetime,
    /// The exact end if chosen now; for a custom one, the latest possible end.
    pub ends_at: Timestamp,
    pub chosen: bool,
}

pub(super) struct LifetimeLine {
    pub value: &'static str,
    pub label: &'static str,
    pub end: String,
    pub end_iso: String,
    pub chosen: bool,
    pub is_custom: bool,
}

impl LifetimeLine {
    pub(super) fn new(option: LifetimeOption, texts: &Texts) -> Self {
        let moment = (texts.time.moment)(option.ends_at);
        let end = match option.lifetime {
            Lifetime::Once => (texts.lifetimes.once_until)(&moment),
            Lifetime::Custom => (texts.lifetimes.at_most_until)(&moment),
            _ => (texts.lifetimes.until)(&moment),
        };
        Self {
            value: option.lifetime.value(),
            label: option.lifetime.words(texts),
            end,
            end_iso: option.ends_at.iso(),
            chosen: option.chosen,
            is_custom: option.lifetime == Lifetime::Custom,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::texts::english::ENGLISH;

    fn rule(name: &str, risk: Risk, required: bool) -> ScopeRule {
        ScopeRule {
            name: name.into(),
            title: name.into(),
            possible: String::new(),
            impossible: String::new(),
            risk,
            default: false,
            required,
            pre_claim: false,
        }
    }

    /// pages.md point 11: optional scopes start off above the lowest tier.
    #[test]
    fn only_reading_and_the_required_start_ticked() {
        assert!(ScopeChoice::first_shown(&rule("read", Risk::Read, false)).ticked);
        assert!(!ScopeChoice::first_shown(&rule("write", Risk::Change, false)).ticked);
        assert!(ScopeChoice::first_shown(&rule("write", Risk::Change, true)).ticked);
        assert!(ScopeChoice::chosen(&rule("write", Risk::Change, true), false).ticked);
    }

    /// pages.md point 10: worst first.
    #[test]
    fn tiers_come_worst_first_and_empty_ones_not_at_all() {
        let (read, delete) = (rule("r", Risk::Read, false), rule("d", Risk::Delete, false));
        let scopes = [ScopeChoice::first_shown(&read), ScopeChoice::first_shown(&delete)];
        let tiers = Group::worst_first(&scopes, &ENGLISH.scopes);
        assert_eq!(tiers.iter().map(|tier| tier.risk).collect::<Vec<_>>(), ["delete", "read"]);
    }
}
