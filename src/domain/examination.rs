//! The audit trail, examined: what does not say what was sealed, what is gone, what was put in
//! (docs/adr/0027).

use std::collections::BTreeMap;
use std::mem::take;

use crate::domain::history::{ALL, Entry, Head, LOOSE, REFUSED, Seals};
use crate::protocol::timestamp::Timestamp;

/// What is wrong with a row, or with the place where one should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It does not say what was sealed.
    Changed,
    /// It was there and is gone.
    Missing,
    /// It was never linked there.
    Extra,
    /// It is not where it was linked.
    Misplaced,
    /// The head of a chain is gone, or is not the one that was signed.
    Head,
}

impl Fault {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Misplaced => "misplaced",
            Self::Head => "head",
        }
    }
}

/// One thing that does not hold. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub fault: Fault,
    /// The row; of a missing one, that of its chain which comes next.
    pub id: Option<String>,
    pub chain: Option<String>,
    pub at: Option<Timestamp>,
    pub position: Option<i64>,
}

impl Finding {
    fn of(fault: Fault, entry: &Entry) -> Self {
        Self {
            fault,
            id: Some(entry.id.clone()),
            chain: Some(entry.chain().to_owned()),
            at: Some(entry.at),
            position: entry.position,
        }
    }

    fn of_chain(fault: Fault, chain: &str) -> Self {
        Self { fault, id: None, chain: Some(chain.to_owned()), at: None, position: None }
    }
}

/// How far a chain was followed.
struct Followed {
    head: Head,
    link: String,
    position: i64,
    /// Its last row is not where it was, so nobody can say what the next one holds on to.
    is_unsure: bool,
}

/// How many links of rows that stand elsewhere are remembered.
const LOST: usize = 1_000;

/// An examination under way: it is shown every linked entry in order of position.
pub struct Examination<'a> {
    seals: &'a Seals,
    all: Head,
    chains: BTreeMap<String, Followed>,
    /// The position that comes next.
    next: i64,
    /// Links of changed rows that fit no chain: they may have been another's.
    lost: Vec<String>,
    /// Positions where nothing is, until a chain says whose they were.
    gaps: Vec<i64>,
    /// Positions of which that was said.
    gone: Vec<i64>,
    /// Entries behind the last position there was.
    later: Vec<Entry>,
    findings: Vec<Finding>,
}

impl<'a> Examination<'a> {
    /// `all` and `heads` as they were at one moment; entries linked later are not shown.
    #[must_use]
    pub fn begin(seals: &'a Seals, all: Head, heads: Vec<Head>) -> Self {
        let mut findings = Vec::new();
        for head in heads.iter().chain([&all]).filter(|head| !head.is_signed(seals)) {
            findings.push(Finding::of_chain(Fault::Head, &head.chain));
        }
        let followed = |head: Head| {
            let start =
                Followed { link: head.cut_link.clone(), position: all.cut, is_unsure: false, head };
            (start.head.chain.clone(), start)
        };
        let chains = heads.into_iter().map(followed).collect();
        let next = all.cut + 1;
        Self {
            seals,
            all,
            chains,
            next,
            lost: Vec::new(),
            gaps: Vec::new(),
            gone: Vec::new(),
            later: Vec::new(),
            findings,
        }
    }

    /// The next entry in order of position.
    pub fn see(&mut self, entry: &Entry) {
        let position = entry.position.unwrap_or(LOOSE);
        if position < self.next {
            self.findings.push(Finding::of(Fault::Extra, entry));
            return;
        }
        if !entry.is_whole {
            self.findings.push(Finding::of(Fault::Changed, entry));
        }
        self.gaps.extend(self.next..position);
        self.next = position + 1;
        self.follow(entry, position);
    }

    fn follow(&mut self, entry: &Entry, position: i64) {
        let name = entry.chain();
        let link = |before: &str| self.seals.link(name, position, before, &entry.seal);
        let chain = self.chains.get(name);
        let fits = entry.link == link(chain.map_or("", |chain| chain.link.as_str()));
        if !fits && !entry.is_whole {
            self.lose(entry.link.clone());
            return;
        }
        let explained = fits
            || chain.is_some_and(|chain| chain.is_unsure)
            || self.lost.iter().any(|before| entry.link == link(before));
        let since = chain.map_or(0, |chain| chain.position);
        let is_unsure = !explained && self.broken(since, entry);
        let chain = self.chains.entry(name.to_owned()).or_insert_with(|| Followed {
            head: Head::new(name, ""),
            link: String::new(),
            position,
            is_unsure,
        });
        chain.link.clone_from(&entry.link);
        chain.position = position;
        chain.is_unsure = is_unsure;
    }

    /// A link that another row may hold on to although this one does not say so.
    fn lose(&mut self, link: String) {
        self.lost.push(link);
        let beyond = self.lost.len().saturating_sub(LOST);
        self.lost.drain(..beyond);
    }

    /// A link does not hold: what was between is gone, or this row is not where it was, which
    /// is the answer.
    fn broken(&mut self, since: i64, entry: &Entry) -> bool {
        let is_misplaced = !self.explain(since, &Finding::of(Fault::Missing, entry));
        if is_misplaced {
            self.findings.push(Finding::of(Fault::Misplaced, entry));
        }
        is_misplaced
    }

    /// Whether something between `since` and here is gone. Each is said once, of the first
    /// chain that lacks it.
    fn explain(&mut self, since: i64, finding: &Finding) -> bool {
        let missing: Vec<_> = self.gaps.extract_if(.., |gap| *gap > since).collect();
        for position in &missing {
            self.findings.push(Finding { position: Some(*position), ..finding.clone() });
        }
        self.gone.extend(missing);
        self.gone.iter().any(|gone| *gone > since)
    }

    /// An entry that was linked after the heads were read, or says so.
    pub fn see_later(&mut self, entry: &Entry) {
        if entry.is_whole {
            self.later.push(entry.clone());
        } else {
            self.findings.push(Finding::of(Fault::Changed, entry));
        }
    }

    /// An entry that is in no chain: too young, or of a question alone, or refused.
    pub fn see_unlinked(&mut self, entry: &Entry) {
        if !entry.is_whole {
            self.findings.push(Finding::of(Fault::Changed, entry));
        } else if entry.position == Some(REFUSED) {
            self.findings.push(Finding::of(Fault::Extra, entry));
        }
    }

    /// Whether everything so far holds, and nothing is waiting for an explanation.
    #[must_use]
    pub fn holds_so_far(&self) -> bool {
        self.findings.is_empty() && self.gaps.is_empty()
    }

    /// Everything that does not hold; `last` is the last position there is by now.
    #[must_use]
    pub fn end(mut self, last: i64) -> Vec<Finding> {
        self.gaps.extend(self.next..=self.all.position);
        let beyond = self.later.iter().filter(|entry| entry.position > Some(last));
        self.findings.extend(beyond.map(|entry| Finding::of(Fault::Extra, entry)));
        let chains = take(&mut self.chains);
        let counted: i64 = chains.values().map(|followed| followed.head.count).sum();
        for (name, Followed { head, link, position, is_unsure }) in chains {
            if is_unsure || head.link == link || self.lost.contains(&head.link) {
                continue;
            }
            let finding = Finding::of_chain(Fault::Missing, &name);
            if !self.explain(position, &finding) {
                self.findings.push(Finding::of_chain(Fault::Head, &name));
            }
        }
        for position in &self.gaps {
            let finding = Finding::of_chain(Fault::Missing, ALL);
            self.findings.push(Finding { position: Some(*position), ..finding });
        }
        if counted != self.all.count && self.findings.is_empty() {
            self.findings.push(Finding::of_chain(Fault::Head, ALL));
        }
        self.findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::history::link;
    use crate::domain::id::AccountId;

    /// Injective, which is all that the chains ask of a signature here.
    fn seals() -> Seals {
        Seals::new(|parts| format!("{parts:?}"), "begun")
    }

    /// What the database held at one moment.
    #[derive(Clone)]
    struct Moment {
        all: Head,
        heads: Vec<Head>,
        entries: Vec<Entry>,
    }

    impl Moment {
        fn findings(&self) -> Vec<Finding> {
            let seals = seals();
            let last = self.all.position;
            let mut examination = Examination::begin(&seals, self.all.clone(), self.heads.clone());
            let mut entries = self.entries.clone();
            entries.sort_by_key(|entry| entry.position);
            for entry in &entries {
                examination.see(entry);
            }
            examination.end(last)
        }
    }

    /// Three chains of eight entries in all, after each of them.
    fn moments() -> Vec<Moment> {
        let seals = seals();
        let first = Head::new(ALL, "begun").signed(&seals);
        let mut moments = vec![Moment { all: first, heads: Vec::new(), entries: Vec::new() }];
        for (number, account) in [1, 2, 1, 3, 2, 2, 1, 3].into_iter().enumerate() {
            let mut now = moments.last().expect("a moment").clone();
            let entry = Entry {
                id: format!("evt_{number}"),
                at: Timestamp(1_800_000_000),
                account: Some(AccountId(format!("acc_{account}"))),
                position: None,
                seal: format!("seal {number}"),
                is_whole: true,
                link: String::new(),
            };
            let head = now.heads.iter().position(|head| head.chain == entry.chain());
            let head = head.map(|place| now.heads.remove(place));
            let linked = link(&seals, &now.all, head.into_iter().collect(), vec![entry]);
            now.all = linked.all;
            now.heads.extend(linked.heads);
            now.entries.extend(linked.linked);
            moments.push(now);
        }
        moments
    }

    /// docs/adr/0027: of all mixtures of signed heads of different moments, each chain cut off
    /// where its head says, only those that the database really once held add up.
    #[test]
    fn no_mixture_of_heads_of_different_moments_adds_up() {
        let moments = moments();
        let mut sound = 0;
        for number in 0..9_usize.pow(4) {
            let of = |place: u32| &moments[number / 9_usize.pow(place) % 9];
            let mut mixed = Moment { all: of(3).all.clone(), heads: vec![], entries: vec![] };
            for place in 0..3 {
                let name = format!("acc_{}", place + 1);
                mixed.heads.extend(of(place).heads.iter().find(|head| head.chain == name).cloned());
                let entries = of(place).entries.iter().filter(|entry| entry.chain() == name);
                mixed.entries.extend(entries.cloned());
            }
            let holds = mixed.findings().is_empty();
            let once = moments[usize::try_from(mixed.all.count).expect("a count")].clone();
            let ids = |moment: &Moment| {
                let mut ids: Vec<_> = moment.entries.iter().map(|entry| entry.id.clone()).collect();
                ids.sort();
                ids
            };
            assert_eq!(holds, ids(&mixed) == ids(&once), "{number}");
            sound += usize::from(holds);
        }
        assert!(sound >= 9, "{sound}");
    }

    /// docs/adr/0027: whichever entries go, whichever change places, it is found.
    #[test]
    fn nothing_goes_and_nothing_changes_places_unseen() {
        let whole = moments().pop().expect("a moment");
        assert_eq!(whole.findings(), Vec::new());
        for gone in 1..1_u32 << whole.entries.len() {
            let mut rest = whole.clone();
            let mut number = 0;
            rest.entries.retain(|_| {
                number += 1;
                gone & (1 << (number - 1)) == 0
            });
            let missing = rest.findings();
            assert_eq!(missing.len(), gone.count_ones() as usize, "{gone:b}: {missing:?}");
            assert!(missing.iter().all(|finding| finding.fault == Fault::Missing), "{missing:?}");
        }
        for one in 0..whole.entries.len() {
            for other in 0..one {
                let mut swapped = whole.clone();
                let (first, second) = (whole.entries[other].position, whole.entries[one].position);
                swapped.entries[one].position = first;
                swapped.entries[other].position = second;
                assert_ne!(swapped.findings(), Vec::new(), "{one} and {other}");
            }
        }
    }
}
