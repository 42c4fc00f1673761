//! The small pieces of the hot paths, one at a time: `cargo bench --bench micro`.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by panicking"
)]

#[path = "end_to_end/seed.rs"]
#[expect(dead_code, reason = "the end-to-end program uses the rest")]
mod seed;

use std::hint::black_box;

use askama::Template as _;
use countersign::clock::Clock;
use countersign::entropy::Entropy;
use countersign::flow::introspect::introspect;
use countersign::flow::start::start;
use countersign::protocol::form::Form;
use countersign::protocol::scope::Scopes;
use countersign::protocol::secret::{Secret, SecretKind};
use countersign::protocol::timestamp::Timestamp;
use countersign::web::pages::sessions::{Group, SessionLine, SessionsPage};
use countersign::web::pages::{Claim, Frame, Person, ScopeWords, Service, Source};
use countersign::web::texts::english::ENGLISH;
use criterion::{Criterion, criterion_group, criterion_main};

fn token(criterion: &mut Criterion) {
    let token = seed::access_token(7);
    criterion.bench_function("token: parse and digest", |bencher| {
        bencher.iter(|| {
            let secret = Secret::parse(SecretKind::Access, black_box(token.reveal()));
            secret.expect("a token").digest()
        });
    });
    let body = format!("token={}", token.reveal());
    criterion.bench_function("form: one parameter", |bencher| {
        bencher.iter(|| Form::parse(black_box(body.as_bytes()), &[]).expect("a form"));
    });
}

fn introspection(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite://{}", folder.path().join("countersign.db").display());
    let site = runtime.block_on(seed::Site::fill(folder.path(), &database, seed::REGISTERED));
    let app = runtime.block_on(start(site.settings(), Clock::System, Entropy::system()));
    let app = app.expect("it starts");
    let resource = &app.default_resource().expect("a resource").identifier;
    let token = seed::access_token(7);
    let now = app.clock.now();
    let ask = || introspect(&app, resource, black_box(token.reveal()), now);
    let live = runtime.block_on(ask()).expect("an answer").expect("a live token");
    assert!(live.answer.contains(r#""sub":"acc_00000007""#), "{}", live.answer);
    let digest = token.digest();
    criterion.bench_function("cache: hit", |bencher| {
        bencher.iter(|| app.live.get(black_box(&digest), now).expect("remembered"));
    });
    criterion.bench_function("introspection: answer from memory", |bencher| {
        bencher.iter(|| {
            // Nothing in it waits.
            runtime.block_on(ask()).expect("an answer").expect("a live token").answer.clone()
        });
    });
    runtime.block_on(app.store.database().close());
}

fn scopes(criterion: &mut Criterion) {
    let scopes = |text: &str| text.parse::<Scopes>().expect("scopes");
    let asked = scopes("events:read events:write notes:read notes:write profile");
    let allowed = scopes("notes:write notes:read profile billing:read events:read");
    criterion.bench_function("scopes: parse five", |bencher| {
        bencher.iter(|| black_box("e:read e:write n:read n:write p").parse::<Scopes>());
    });
    criterion.bench_function("scopes: meet, join and cover", |bencher| {
        bencher.iter(|| {
            let granted = black_box(&asked).meet(&allowed);
            assert!(allowed.covers(&granted) && granted.join(&allowed) == allowed);
            granted
        });
    });
}

const ADA: Person<'_> = Person {
    name: "Ada",
    email: "ada@example.com",
    verified: true,
    csrf: "token",
    administrator: false,
};

fn line() -> SessionLine<'static> {
    SessionLine {
        id: "ses_1",
        label: "Release notes bot",
        agent: Some(Claim { words: "Release notes bot", source: Source::Told }),
        parent: None,
        scopes: vec![ScopeWords { name: "notes:read", title: "Read your notes" }],
        extras: Vec::new(),
        details: Vec::new(),
        resource_name: "Notes",
        created_at: Timestamp(1_799_900_000),
        last_used_at: Some(Timestamp(1_799_999_000)),
        last_used_from: None,
        is_paused: false,
        ends_at: Timestamp(1_802_000_000),
        calls: None,
        ended_at: None,
        address: "192.0.2.1",
    }
}

fn page(criterion: &mut Criterion) {
    let frame = Frame {
        keys: false,
        organizations: false,
        agents: false,
        projects: false,
        plans: false,
        passkeys: false,
        mail: false,
        texts: &ENGLISH,
        now: Timestamp(1_800_000_000),
        host: "as.example.com",
        base: "",
        service: Service { name: "Example", ..Service::default() },
        person: Some(ADA),
    };
    let page = SessionsPage {
        frame: &frame,
        csrf: "token",
        groups: vec![Group { key: "n:Release notes bot".to_owned(), sessions: vec![line(); 20] }],
        search: "",
        reused: Vec::new(),
        notice: None,
    };
    criterion.bench_function("page: twenty sessions", |bencher| {
        bencher.iter(|| black_box(&page).render().expect("a page"));
    });
}

criterion_group!(pieces, token, introspection, scopes, page);
criterion_main!(pieces);
