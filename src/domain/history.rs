//! The audit trail as chains that show where they were changed (docs/adr/0027): what is sealed
//! of an entry, what a link is over, and what a head says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::domain::id::AccountId;
use crate::protocol::timestamp::Timestamp;

/// The chain of what no account did.
pub const OF_NOBODY: &str = "nobody";

/// The head that sums up every chain. Its link is drawn once, and every seal covers it.
pub const ALL: &str = "all";

/// The position of an entry that goes with its question, and is in no chain.
pub const LOOSE: i64 = 0;

/// The position of an entry whose seal did not hold when it was to be linked.
pub const REFUSED: i64 = -1;

type Sign = dyn Fn(&[&str]) -> String + Send + Sync;

/// What is signed under the master secret.
#[derive(Clone)]
pub struct Seals {
    sign: Arc<Sign>,
    begun: String,
}

impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seals").finish_non_exhaustive()
    }
}

impl Seals {
    /// `begun` is what was drawn when this history began: the seals of another are worth nothing
    /// in it.
    #[must_use]
    pub fn new(sign: impl Fn(&[&str]) -> String + Send + Sync + 'static, begun: &str) -> Self {
        Self { sign: Arc::new(sign), begun: begun.to_owned() }
    }

    /// The seal of one entry: every column of it, and which are empty.
    #[must_use]
    pub fn entry(&self, id: &str, at: i64, columns: &[Option<&str>]) -> String {
        let at = at.to_string();
        let mut parts = vec!["entry", &self.begun, id, &at];
        for column in columns {
            parts.extend(column.map_or(["0", ""], |text| ["1", text]));
        }
        (self.sign)(&parts)
    }

    /// The link of one entry to the one before it in its chain.
    #[must_use]
    pub fn link(&self, chain: &str, position: i64, before: &str, seal: &str) -> String {
        (self.sign)(&["link", chain, &position.to_string(), before, seal])
    }

    /// The signature of a head.
    #[must_use]
    pub fn head(&self, head: &Head) -> String {
        let [count, position, cut] =
            [head.count, head.position, head.cut].map(|number| number.to_string());
        (self.sign)(&["head", &head.chain, &count, &position, &head.link, &cut, &head.cut_link])
    }
}

/// Where a chain stands. What retention has removed is in it as a number and a link, so that
/// the rest still holds on to something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub chain: String,
    /// How many entries it ever had; of [`ALL`], how many there ever were.
    pub count: i64,
    /// The position of its last entry among those of all chains.
    pub position: i64,
    pub link: String,
    /// How many were removed; of [`ALL`], up to which position.
    pub cut: i64,
    /// The link of the last that was removed.
    pub cut_link: String,
    pub signature: String,
}

impl Head {
    /// A chain without entries.
    #[must_use]
    pub fn new(chain: &str, link: &str) -> Self {
        Self {
            chain: chain.to_owned(),
            count: 0,
            position: 0,
            link: link.to_owned(),
            cut: 0,
            cut_link: String::new(),
            signature: String::new(),
        }
    }

    #[must_use]
    pub fn signed(mut self, seals: &Seals) -> Self {
        self.signature = seals.head(&self);
        self
    }

    #[must_use]
    pub fn is_signed(&self, seals: &Seals) -> bool {
        self.signature == seals.head(self)
    }
}

/// One entry, as far as its chain is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub at: Timestamp,
    pub account: Option<AccountId>,
    /// Its place among the entries of all chains; `None` until it is linked.
    pub position: Option<i64>,
    pub seal: String,
    /// Whether the seal is that of what the row says now.
    pub is_whole: bool,
    pub link: String,
}

impl Entry {
    #[must_use]
    pub fn chain(&self) -> &str {
        self.account.as_ref().map_or(OF_NOBODY, AccountId::as_str)
    }
}

/// Links entries to the ends of their chains, in this order.
///
/// `all` and `heads` are as they were read; the answer is what they become.
#[must_use]
pub fn link(seals: &Seals, all: &Head, heads: Vec<Head>, entries: Vec<Entry>) -> Linked {
    let mut all = all.clone();
    let mut chains: BTreeMap<String, Head> =
        heads.into_iter().map(|head| (head.chain.clone(), head)).collect();
    let mut linked = Vec::with_capacity(entries.len());
    for entry in entries {
        all.count += 1;
        all.position += 1;
        let chain = entry.chain().to_owned();
        let head = chains.entry(chain).or_insert_with_key(|chain| Head::new(chain, ""));
        head.link = seals.link(&head.chain, all.position, &head.link, &entry.seal);
        head.count += 1;
        head.position = all.position;
        linked.push(Entry { position: Some(all.position), link: head.link.clone(), ..entry });
    }
    let heads = chains.into_values().map(|head| head.signed(seals)).collect();
    Linked { all: all.signed(seals), heads, linked }
}

/// What linking a batch comes to.
#[derive(Debug)]
pub struct Linked {
    pub all: Head,
    pub heads: Vec<Head>,
    pub linked: Vec<Entry>,
}

/// Takes the oldest entries out of their chains, which are as they were when they were read:
/// what is left of them is in the heads.
#[must_use]
pub fn cut(seals: &Seals, all: &Head, heads: Vec<Head>, entries: &[Entry]) -> Linked {
    let mut all = all.clone();
    let mut chains: BTreeMap<String, Head> =
        heads.into_iter().map(|head| (head.chain.clone(), head)).collect();
    for entry in entries {
        all.cut = entry.position.unwrap_or(all.cut);
        if let Some(head) = chains.get_mut(entry.chain()) {
            head.cut += 1;
            head.cut_link.clone_from(&entry.link);
        }
    }
    let heads = chains.into_values().map(|head| head.signed(seals)).collect();
    Linked { all: all.signed(seals), heads, linked: Vec::new() }
}
