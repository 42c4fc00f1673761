//! What a person holds an agent to: until when, how many calls, and how long unused.

use super::approve_page::{Context, Entered};
use super::pages::approval::{Bounds as Offered, IdleEnd, Lifetime as Span, LifetimeOption};
use crate::app::App;
use crate::domain::answer::{Bounds, Lifetime};
use crate::domain::budget::MOST_CALLS;
use crate::domain::resource::{AccessTokenFormat, Resource};
use crate::protocol::form::Form;
use crate::protocol::timestamp::Seconds;

/// Reads `lifetime`; left out, it is the shortest that allows a refresh.
pub fn lifetime(form: &Form) -> Option<Lifetime> {
    let hours = |count| Some(Lifetime::For(Seconds::HOUR.times(count)));
    let days = |count| Some(Lifetime::For(Seconds::DAY.times(count)));
    match form.get("lifetime") {
        Some("once") => Some(Lifetime::Once),
        None | Some("1h") => hours(1),
        Some("8h") => hours(8),
        Some("7d") => days(7),
        Some("30d") => days(30),
        Some("custom") => {
            let count: i64 = form.get("custom_days")?.trim().parse().ok()?;
            if (1..=3_650).contains(&count) { days(count) } else { None }
        }
        Some(_) => None,
    }
}

/// Reads what was entered; `None` for what is no number of calls.
pub fn read(form: &Form) -> Option<Bounds> {
    let calls = form.get("calls").map(str::trim).filter(|text| !text.is_empty());
    let calls = match calls {
        None => None,
        Some(text) => {
            let count: i64 = text.parse().ok()?;
            Some((1..=MOST_CALLS).contains(&count).then_some(count)?)
        }
    };
    let idle = form.get("idle").and_then(IdleEnd::named).and_then(IdleEnd::span);
    Some(Bounds { calls, idle })
}

/// What the page offers. Nobody counts the uses of a token that says by itself what it is worth.
pub fn offered<'a>(
    app: &App,
    resource: Option<&Resource>,
    entered: Option<&Entered<'a>>,
) -> Offered<'a> {
    let usual = app.settings.sessions.idle_ttl;
    let asks = |resource: &Resource| resource.access_token == AccessTokenFormat::Opaque;
    let chosen = entered.and_then(|entered| IdleEnd::named(entered.idle));
    let shorter = |end: &IdleEnd| end.span().is_none_or(|span| span < usual);
    Offered {
        calls: resource.is_some_and(asks).then(|| entered.map_or("", |entered| entered.calls)),
        usual_idle: usual,
        idle: chosen.unwrap_or(IdleEnd::Usual),
        idle_ends: IdleEnd::ALL.into_iter().filter(shorter).collect(),
    }
}

/// The lifetimes on offer: none longer than the operator's cap.
pub fn lifetimes(context: &Context<'_>, entered: Option<&Entered<'_>>) -> Vec<LifetimeOption> {
    let sessions = &context.app.settings.sessions;
    let most = sessions.max_lifetime;
    let chosen = entered.map_or("", |entered| entered.lifetime);
    let chosen = if chosen.is_empty() { Span::OneHour.value() } else { chosen };
    let spans = [
        (Span::Once, sessions.access_ttl),
        (Span::OneHour, Seconds::HOUR),
        (Span::EightHours, Seconds::HOUR.times(8)),
        (Span::SevenDays, Seconds::DAY.times(7)),
        (Span::ThirtyDays, Seconds::DAY.times(30)),
        (Span::Custom, most),
    ];
    let offered = spans.into_iter().filter(|(lifetime, span)| {
        *span <= most && (*lifetime != Span::Custom || most >= Seconds::DAY)
    });
    offered
        .map(|(lifetime, span)| LifetimeOption {
            lifetime,
            ends_at: context.visitor.now + span,
            chosen: lifetime.value() == chosen,
        })
        .collect()
}
