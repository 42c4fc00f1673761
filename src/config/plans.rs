//! The plans of a profile: `[[profile.plan]]`.

use std::collections::HashSet;

use super::entry::Entry;
use super::problem::Problem;
use crate::domain::plan::{Plan, Rate};
use crate::domain::resource::Resource;
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::Seconds;

/// What accounts may use of one profile's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plans {
    /// Never empty. The first is that of whoever has no other.
    all: Vec<Plan>,
    /// What counts as an event: a request that needs this scope.
    pub events_scope: Option<String>,
    /// Whether answers say what is left.
    pub rate_headers: bool,
}

impl Plans {
    /// The plan of this name; what is named nowhere is the first.
    #[must_use]
    pub fn of(&self, name: Option<&str>) -> Option<&Plan> {
        let named = self.all.iter().find(|plan| Some(plan.name.as_str()) == name);
        named.or(self.all.first())
    }

    /// Whether another plan lets in more often than this.
    #[must_use]
    pub fn has_larger(&self, plan: &Plan) -> bool {
        let larger = |rate: Rate| {
            self.all.iter().any(|other| other.rate.is_none_or(|one| one.exceeds(rate)))
        };
        plan.rate.is_some_and(larger)
    }

    /// Whether there is a plan of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.all.iter().any(|plan| plan.name == name)
    }
}

pub(super) fn read(
    profile: &Entry<'_>,
    resource: Option<&Resource>,
    problems: &mut Vec<Problem>,
) -> Option<Plans> {
    let rate_headers = profile.switch("rate_headers", problems);
    let events_scope = profile.text("events_scope", problems);
    let unknown = |scope: &String| resource.is_some_and(|resource| resource.rule(scope).is_none());
    if events_scope.as_ref().is_some_and(unknown) {
        problems.push(profile.problem("events_scope", "not a scope of the resource"));
    }
    let mut names = HashSet::new();
    let mut all = Vec::new();
    for entry in &profile.entries("plan", problems) {
        let plan = plan(entry, resource, events_scope.is_some(), problems);
        if plan.as_ref().is_some_and(|plan| !names.insert(plan.name.clone())) {
            problems.push(entry.problem("name", "another plan has this name; rename one"));
        }
        all.extend(plan);
    }
    let idle = ["events_scope", "rate_headers"].into_iter().find(|name| profile.has(name));
    if let Some(name) = idle.filter(|_| !profile.has("plan")) {
        problems
            .push(profile.problem(name, "there is no [[profile.plan]]; add one or remove this"));
    }
    (!all.is_empty()).then_some(Plans { all, events_scope, rate_headers })
}

fn plan(
    entry: &Entry<'_>,
    resource: Option<&Resource>,
    counts_events: bool,
    problems: &mut Vec<Problem>,
) -> Option<Plan> {
    entry.only(&["name", "rate", "events", "scopes"], problems);
    if !entry.has("name") {
        problems.push(entry.problem("name", "missing; write what the plan is called"));
    }
    let rate = rate(entry, problems);
    let events = entry.number("events", problems);
    if events.is_some_and(|events| events < 1) || (events.is_some() && !counts_events) {
        let remedy = "write a number from 1 up, and above it what counts: events_scope";
        problems.push(entry.problem("events", remedy));
    }
    let scopes = entry.has("scopes").then(|| entry.list("scopes", problems));
    let scopes = scopes.map(|names| Scopes::of(names.iter().map(String::as_str)));
    let all = resource.map(Resource::all_scopes);
    let known = |scopes: &Scopes| all.as_ref().is_none_or(|all| all.covers(scopes));
    if scopes.as_ref().is_some_and(|scopes| !scopes.as_ref().is_ok_and(known)) {
        problems.push(entry.problem("scopes", "name scopes of the resource"));
    }
    let scopes = scopes.and_then(Result::ok);
    Some(Plan { name: entry.text("name", problems)?, rate, events, scopes })
}

/// How often in a while; any number where nothing is said.
pub(super) fn rate(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Option<Rate> {
    let rate = spelled(&entry.text("rate", problems)?);
    if rate.is_none() {
        problems.push(entry.problem("rate", "write a number and a span, such as \"10/min\""));
    }
    rate
}

pub(super) fn spelled(text: &str) -> Option<Rate> {
    let (most, span) = text.split_once('/')?;
    let span = match span {
        "s" => Seconds(1),
        "min" => Seconds::MINUTE,
        "h" => Seconds::HOUR,
        "d" => Seconds::DAY,
        _ => return None,
    };
    let digits = most.bytes().all(|byte| byte.is_ascii_digit());
    let most = most.parse().ok().filter(|most| *most > 0 && digits)?;
    Some(Rate { most, span })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{loaded, refused};

    const PLANS: &str = "[[profile]]\nname = 'example'\nevents_scope = 'demo:write'\n\
                         rate_headers = true\n[[profile.plan]]\nname = 'free'\nrate = '10/min'\n\
                         events = 500\nscopes = ['demo:read']\n\
                         [[profile.plan]]\nname = 'pro'\nrate = '1000/min'\n";

    /// Section 3 of contracts/credentials.md, `plan_limits`, and what AV12 and AA33 need besides.
    #[test]
    fn plans_say_how_often_how_much_and_what() {
        let settings = loaded(PLANS).unwrap_or_else(|problems| panic!("{problems:?}"));
        let plans = settings.profiles[0].plans.as_ref().expect("plans");
        let free = Plan {
            name: "free".to_owned(),
            rate: Some(Rate { most: 10, span: Seconds::MINUTE }),
            events: Some(500),
            scopes: Some(Scopes::of(["demo:read"]).expect("a scope")),
        };
        assert_eq!(plans.of(None), Some(&free));
        assert_eq!(plans.of(Some("gone")), Some(&free), "what is no plan any more gives no more");
        let pro = plans.of(Some("pro")).expect("a plan");
        assert_eq!((pro.rate.map(|rate| rate.most), pro.events), (Some(1_000), None));
        assert!(plans.rate_headers && plans.has("pro") && !plans.has("gone"));
        assert!(loaded("[[profile]]\nname = 'x'").is_ok_and(|all| all.profiles[0].plans.is_none()));
    }

    #[test]
    fn what_no_plan_could_be_is_refused_where_it_stands() {
        for (from, to, key) in [
            ("'10/min'", "'10/fortnight'", "plan[0].rate"),
            ("'10/min'", "'0/min'", "plan[0].rate"),
            ("'10/min'", "'+1/min'", "plan[0].rate"),
            ("'10/min'", "'10'", "plan[0].rate"),
            ("500", "0", "plan[0].events"),
            ("events_scope = 'demo:write'\n", "", "plan[0].events"),
            ("['demo:read']", "['unknown']", "plan[0].scopes"),
            ("'pro'", "'free'", "plan[1].name"),
            ("name = 'pro'\n", "", "plan[1].name"),
            ("rate = '1000/min'", "rates = '1000/min'", "plan[1].rates"),
            ("'demo:write'", "'unknown'", "events_scope"),
        ] {
            assert_eq!(refused(&PLANS.replace(from, to)), [format!("profile[0].{key}")], "{to}");
        }
        let idle = "[[profile]]\nname = 'x'\nrate_headers = true";
        assert_eq!(refused(idle), ["profile[0].rate_headers"]);
    }
}
