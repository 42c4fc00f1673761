//! Samples of the pages of administrators.

use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::protocol::timestamp::Seconds;
use crate::web::pages::admin::{AdminPage, DayLine, Sums};
use crate::web::pages::admin_account::{AdminAccountPage, Notice};
use crate::web::pages::admin_accounts::{AccountLine, AdminAccountsPage, Handed};
use crate::web::pages::{FieldError, Frame};

pub fn pages(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let mut pages = figures(frame);
    pages.extend(lists(sample, frame));
    pages.extend(accounts(sample, frame));
    pages
}

fn figures(frame: &Frame<'_>) -> Pages {
    let day = |past: i64| DayLine {
        begins: NOW - Seconds::DAY.times(13 - past),
        asked: 40 + past * past,
        approved: 30 + 7 * (past % 5),
        denied: past % 4,
        reported: past % 2,
    };
    let nothing = |past| DayLine { asked: 0, approved: 0, denied: 0, reported: 0, ..day(past) };
    let sums = Sums { accounts: 4_210, sessions: 12_873, keys: 962, clients: 311, waiting: 17 };
    let none = Sums { accounts: 1, sessions: 0, keys: 0, clients: 0, waiting: 0 };
    vec![
        show("admin", &AdminPage { frame, sums, days: (0..14).map(day).collect() }),
        show("admin-new", &AdminPage { frame, sums: none, days: (0..14).map(nothing).collect() }),
    ]
}

fn line(sample: &Sample) -> AccountLine<'_> {
    AccountLine {
        id: "acc_01a3185c500070008000ce7d58f2e18e",
        name: &sample.person,
        email: "ada@example.com",
        is_verified: true,
        is_administrator: false,
        is_closed: false,
        created_at: NOW - Seconds::DAY.times(200),
    }
}

fn lists(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let usual = line(sample);
    let accounts = vec![
        usual,
        AccountLine { email: "grace@example.com", name: "", is_administrator: true, ..usual },
        AccountLine { is_verified: false, is_closed: true, ..usual },
    ];
    let page = |accounts, search, older| AdminAccountsPage {
        frame,
        csrf: CSRF,
        accounts,
        search,
        older,
        name: "",
        email: "",
        error: None,
        added: None,
    };
    let none = || page(Vec::new(), &sample.label, None);
    let refused = AdminAccountsPage {
        name: &sample.person,
        email: &sample.note,
        error: Some(FieldError::EmailInvalid),
        ..none()
    };
    let link =
        Handed::Here("https://auth.example.com/welcome/otl_3Fq8sT0cR5vJdY7wAfXn2Lq8sT0cR5vJdY7wA");
    let added = |link| AdminAccountsPage { email: "bob@example.com", added: Some(link), ..none() };
    vec![
        show("admin-accounts", &page(accounts, "example.com", Some(usual.id))),
        show("admin-accounts-none", &none()),
        show("admin-accounts-refused", &refused),
        show("admin-accounts-added", &added(link)),
        show("admin-accounts-mailed", &added(Handed::ByLetter)),
    ]
}

fn accounts(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let usual = line(sample);
    let page = |account, notice| AdminAccountPage {
        frame,
        csrf: CSRF,
        account,
        closed_at: None,
        plan: Some("pro"),
        sessions: 3,
        keys: 2,
        projects: 0,
        organizations: 1,
        browsers: 2,
        is_self: false,
        notice,
    };
    let closed = AccountLine { is_closed: true, ..usual };
    let closed = AdminAccountPage { closed_at: Some(NOW - Seconds::HOUR), ..page(closed, None) };
    let own = AccountLine { is_administrator: true, ..usual };
    let own = AdminAccountPage { is_self: true, plan: None, ..page(own, Some(Notice::Oneself)) };
    vec![
        show("admin-account", &page(usual, Some(Notice::Done))),
        show("admin-account-moved", &page(usual, Some(Notice::Moved))),
        show("admin-account-closed", &closed),
        show("admin-account-own", &own),
    ]
}
