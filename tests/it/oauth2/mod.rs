//! The standard doors, asked as OAuth clients ask.

mod authorization_details;
mod client_assertion;
mod client_authentication;
mod code;
mod device;
mod discovery;
mod documents;
mod dpop;
mod dpop_resource;
mod exchange;
mod foreign;
mod jwt_access_tokens;
mod machine;
mod management;
mod pushed_requests;
mod redirect_uris;
mod register;
mod reuse;
mod signed_introspection;
mod step_up;

use serde_json::{Value, json};

use crate::support::Site;
use crate::support::reply::Reply;

const CALLBACK: &str = "https://client.example.com/cb";

/// Settings under which a test may register as often as it likes.
const UNLIMITED: &str = "[limits]\n\
    client_registrations_per_address_per_hour = 100000\n\
    client_registrations_per_hour = 100000\n";

async fn register(site: &Site, metadata: &Value) -> Reply {
    site.post_json("/register", metadata).await
}

/// What a client with one redirect URI is told when it registers.
async fn registered(site: &Site, method: &str) -> Value {
    let metadata = json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": method });
    let reply = register(site, &metadata).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()
}

async fn clients(site: &Site) -> i64 {
    site.count("SELECT COUNT(*) FROM client").await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}
