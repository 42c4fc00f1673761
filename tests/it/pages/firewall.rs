//! Promise P7: an agent's session never yields a key or another secret of its owner's, whatever
//! it may do, wherever it is put.

use std::collections::BTreeSet;

use countersign::web::principal::{self, Principal};
use reqwest::{Method, RequestBuilder};

use super::routes::{Body, Passes, ROWS, World, world};
use super::state;
use crate::support::Site;
use crate::support::reply::Reply;

/// Every way in which a request may carry a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Nowhere,
    Bearer,
    KeyHeaders,
    Cookies,
    Query,
    Everywhere,
}

const PLACES: [Place; 5] =
    [Place::Bearer, Place::KeyHeaders, Place::Cookies, Place::Query, Place::Everywhere];

/// What a key, an account's or a client's secret begins with. A session's own tokens, and what
/// opens nothing without a person's yes, are not among them.
const SECRETS: [&str; 6] = ["aak_", "sk_", "ap_", "as_", "av_", "bs_"];

fn put(request: RequestBuilder, token: &str, place: Place) -> RequestBuilder {
    match place {
        Place::Nowhere | Place::Query => request,
        Place::Bearer => request.bearer_auth(token),
        Place::KeyHeaders => request.header("x-api-key", token).header("api-key", token),
        Place::Cookies => {
            request.header("cookie", format!("countersign={token}; __Host-countersign={token}"))
        }
        Place::Everywhere => [Place::Bearer, Place::KeyHeaders, Place::Cookies]
            .into_iter()
            .fold(request, |request, place| put(request, token, place)),
    }
}

async fn ask(world: &World, path: &str, method: &Method, body: Body, place: Place) -> Reply {
    let site = &world.site;
    let token = &world.agent;
    let query = match place {
        Place::Query | Place::Everywhere => format!("?access_token={token}&key={token}"),
        _ => String::new(),
    };
    let request = site.client.request(method.clone(), format!("{}{path}{query}", site.url));
    let request = request.header("origin", &site.url).header("sec-fetch-site", "same-origin");
    let request = match body {
        Body::None => request,
        Body::Json(text) => request.header("content-type", "application/json").body(text),
        Body::Form(fields) => {
            let mut fields = fields.to_vec();
            fields.push(("csrf", &world.agent));
            request.form(&fields)
        }
    };
    Reply::of(put(request, &world.agent, place)).await
}

/// How much there is of whatever only a person makes.
async fn made_by_people(site: &Site) -> i64 {
    site.count(
        "SELECT (SELECT COUNT(*) FROM signing_key) + 100 * (SELECT COUNT(*) FROM client) \
         + 10000 * (SELECT COUNT(*) FROM account) + 1000000 * (SELECT COUNT(*) FROM one_time_link) + 100000000 * (SELECT COUNT(*) FROM api_key) \
         + 10000000000 * (SELECT COUNT(*) FROM project) + 1000000000000 * (SELECT COUNT(*) FROM account_agent)",
    )
    .await
}

#[track_caller]
fn assert_no_secret(reply: &Reply, what: &str) {
    for begins in SECRETS {
        let letters = |text: &str| text.chars().take_while(char::is_ascii_alphanumeric).count();
        let mut after = reply.text.split(begins).skip(1);
        assert!(!after.any(|rest| letters(rest) >= 20), "{what}: {}", reply.text);
    }
    assert!(reply.header("set-cookie").is_none_or(|cookie| !cookie.contains("signed")), "{what}");
}

/// P7, AA19, AA25, cases 235 and 251: on every route that is served, with every method, a session
/// that may do everything is worth no more than nothing, unless the route is one for sessions; and
/// there it makes, reads and rotates no key.
#[tokio::test]
async fn an_agent_session_is_nobody_wherever_a_person_or_a_key_is_asked_for() {
    let world = world().await;
    let before = made_by_people(&world.site).await;
    let mut asked = 0;
    for row in ROWS {
        let declared = principal::of(row.path).expect(row.path);
        let path = world.path(row);
        let own: Method = row.method.parse().expect("a method");
        for method in [own, Method::PUT, Method::DELETE] {
            if method == Method::DELETE && row.method != "DELETE" && row.method != "GET" {
                continue;
            }
            let nobody = ask(&world, &path, &method, row.body, Place::Nowhere).await;
            for place in PLACES {
                let what = format!("{method} {path} with a session: {place:?}");
                let persons = state(&world.site).await;
                let reply = ask(&world, &path, &method, row.body, place).await;
                assert_no_secret(&reply, &what);
                if declared != Principal::AgentSession {
                    assert_eq!(reply.status, nobody.status, "{what}: {}", reply.text);
                    assert_eq!(state(&world.site).await, persons, "{what}");
                }
                asked += 1;
            }
        }
    }
    assert_eq!(made_by_people(&world.site).await, before);
    world.site.assert_live(&world.agent).await;
    assert!(asked > 500, "{asked}");
    world.site.close().await;
}

/// Case 251: every route is declared, and what the table of the tests lets pass is the principal
/// that the server's own table names.
#[test]
fn every_route_declares_the_principal_that_passes() {
    let rows: BTreeSet<&str> = ROWS.iter().map(|row| row.path).collect();
    let declared: BTreeSet<&str> = principal::ROUTES.iter().map(|(path, _)| *path).collect();
    assert_eq!(rows, declared);
    assert_eq!(declared.len(), principal::ROUTES.len(), "a route is declared twice");
    for row in ROWS {
        let declared = principal::of(row.path).expect(row.path);
        let fits = match row.passes {
            Passes::Everybody(_) => {
                matches!(declared, Principal::Nobody | Principal::Browser | Principal::Client)
            }
            Passes::AnyPerson { .. } | Passes::Owner { .. } | Passes::NotSignedIn { .. } => {
                declared == Principal::Browser
            }
            Passes::Agent(_) => declared == Principal::AgentSession,
            Passes::ResourceServer(_) => declared == Principal::ResourceServer,
            Passes::Proxy => declared == Principal::Proxy,
        };
        // A demo session is asked for by nobody, and is off in that table.
        assert!(fits, "{} {}: {declared:?}", row.method, row.path);
    }
}
