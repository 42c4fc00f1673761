//! Every document an agent reads before it holds anything.

use serde_json::{Value, json};

use super::{NO_LIMITS, part_of};
use crate::support::agent::{CLAIM_GRANT, JWT_BEARER};
use crate::support::reply::Reply;
use crate::support::{EVENTS_API, Site};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

const SERVER: &str = "/.well-known/oauth-authorization-server";
const RESOURCE: &str = "/.well-known/oauth-protected-resource";
const KEYS: &str = "/.well-known/jwks.json";

/// Every discovery document of a server with the demo alone.
const DOCUMENTS: [&str; 5] =
    [SERVER, RESOURCE, "/.well-known/oauth-protected-resource/demo", KEYS, "/auth.md"];

/// RFC 8414 §2 and auth.md 2.1, oauth.md rows 6 and 7: complete for what is offered, and
/// nothing else.
#[tokio::test]
async fn the_server_metadata_is_complete_for_what_is_offered() {
    let site = Site::open().await;
    let reply = site.get(SERVER).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let url = &site.url;
    let methods = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];
    let algorithms = ["ES256", "EdDSA", "Ed25519", "RS256", "PS256"];
    assert_eq!(
        reply.json(),
        json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "device_authorization_endpoint": format!("{url}/device_authorization"),
            "pushed_authorization_request_endpoint": format!("{url}/par"),
            "require_pushed_authorization_requests": false,
            "dpop_signing_alg_values_supported": algorithms,
            "introspection_signing_alg_values_supported": ["ES256"],
            "revocation_endpoint": format!("{url}/revoke"),
            "introspection_endpoint": format!("{url}/introspect"),
            "jwks_uri": format!("{url}/.well-known/jwks.json"),
            "registration_endpoint": format!("{url}/register"),
            "client_id_metadata_document_supported": true,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "authorization_response_iss_parameter_supported": true,
            "grant_types_supported":
                ["authorization_code", DEVICE_CODE, "client_credentials", EXCHANGE, JWT_BEARER,
                 CLAIM_GRANT, "refresh_token"],
            "token_endpoint_auth_methods_supported": methods,
            "token_endpoint_auth_signing_alg_values_supported": algorithms,
            "revocation_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
            "introspection_endpoint_auth_methods_supported":
                ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["demo:read", "demo:write"],
            "bearer_methods_supported": ["header"],
            "resource": format!("{url}/demo"),
            "authorization_servers": [url],
            "protected_resources": [format!("{url}/demo")],
            "service_documentation": format!("{url}/auth.md"),
            "agent_auth": {
                "skill": format!("{url}/auth.md"),
                "identity_endpoint": format!("{url}/agent/identity"),
                "claim_endpoint": format!("{url}/agent/identity/claim"),
                "identity_types_supported": ["anonymous", "service_auth"],
            },
        })
    );
    site.close().await;
}

/// RFC 9728 §3.1 and §3.3, oauth.md rows 4 and 5, trap 7: at the path-inserted place and, for the
/// first resource, at the root; of the scopes only the usual ones, since clients ask for them all.
#[tokio::test]
async fn the_resource_metadata_is_at_the_inserted_path_and_at_the_root() {
    let site = Site::open().await;
    let url = &site.url;
    let inserted = site.get("/.well-known/oauth-protected-resource/demo").await;
    assert_eq!(
        inserted.json(),
        json!({
            "resource": format!("{url}/demo"),
            "resource_name": "Countersign demo",
            "authorization_servers": [url],
            "scopes_supported": ["demo:read"],
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": ["ES256", "EdDSA", "Ed25519", "RS256", "PS256"],
            "resource_documentation": format!("{url}/auth.md"),
        })
    );
    assert_eq!(site.get(RESOURCE).await.text, inserted.text);
    site.get("/.well-known/oauth-protected-resource/other").await.assert_error(404, "not_found");
    site.close().await;
}

/// RFC 9728 §3.3: `resource` is the identifier the document is asked for, letter for letter.
/// Resources of several hosts share a path here, so the query names the one that is passed
/// on; an address of this origin is its own resource's.
#[tokio::test]
async fn resources_that_share_a_path_are_served_by_their_names() {
    let resource = |identifier: &str| {
        format!(
            "[[resource]]\nidentifier = '{identifier}'\n[[resource.scope]]\nname = 'read'\n\
             default = true\n"
        )
    };
    let all =
        ["https://api.example.com", "https://files.example.com", "https://old.example.com/demo"];
    let site = Site::open_with(&all.map(resource).concat()).await;
    let demo = format!("{}/demo", site.url);
    for (path, query, expected) in [
        ("", "", all[0]),
        ("", "?resource=https://api.example.com", all[0]),
        ("", "?resource=https://files.example.com", all[1]),
        ("/", "?resource=https%3A%2F%2Ffiles.example.com%2F", all[1]),
        ("", "?other=x", all[0]),
        ("/demo", "", &demo),
        ("/demo", &format!("?resource={demo}"), &demo),
        ("/demo", "?resource=https://old.example.com/demo", all[2]),
    ] {
        let reply = site.get(&format!("{RESOURCE}{path}{query}")).await;
        assert_eq!(reply.json()["resource"], expected, "{path}{query}");
    }
    for (path, query) in [
        ("", "?resource=https://files.example.org"),
        ("/demo", "?resource=https://files.example.com"),
        ("", "?resource=files"),
        ("", "?resource=https://files.example.com&resource=https://api.example.com"),
        ("/files", "?resource=https://files.example.com"),
    ] {
        site.get(&format!("{RESOURCE}{path}{query}")).await.assert_error(404, "not_found");
    }
    site.close().await;
}

/// operator.md: the first `[[resource]]` is the default and owns the root document; the
/// other keeps its own.
#[tokio::test]
async fn the_first_resource_of_the_settings_owns_the_root_document() {
    let site = Site::open_with(EVENTS_API).await;
    let root = site.get(RESOURCE).await.json();
    assert_eq!(root["resource"], "https://api.example.com");
    assert_eq!(root["resource_name"], "Example API");
    assert_eq!(root["scopes_supported"], json!(["events:read"]));
    let demo = site.get("/.well-known/oauth-protected-resource/demo").await.json();
    assert_eq!(demo["resource"], format!("{}/demo", site.url));
    let server = site.get(SERVER).await.json();
    assert_eq!(server["resource"], "https://api.example.com");
    let both = json!(["https://api.example.com", format!("{}/demo", site.url)]);
    assert_eq!(server["protected_resources"], both);
    assert_eq!(
        server["scopes_supported"],
        json!(["demo:read", "demo:write", "events:read", "events:write"])
    );
    let registered = site.agent().register_anonymous().await;
    assert_eq!(registered.body["resource"], "https://api.example.com");
    site.close().await;
}

/// RFC 8414 §3.3, RFC 9728 §3.3: clients compare these strings character by character.
#[tokio::test]
async fn issuer_and_authorization_servers_are_one_string() {
    let site = Site::open().await;
    let server = site.get(SERVER).await.json();
    let resource = site.get(RESOURCE).await.json();
    assert_eq!(server["issuer"], site.url);
    assert_eq!(resource["authorization_servers"], json!([server["issuer"]]));
    assert_eq!(server["authorization_servers"], resource["authorization_servers"]);
    let registered = site.agent().register_anonymous().await;
    assert_eq!(super::claims_of(&registered.assertion())["iss"], server["issuer"]);
    site.close().await;
}

fn empties(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Null => found.push(path.to_owned()),
        Value::String(text) if text.is_empty() => found.push(path.to_owned()),
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                empties(member, &format!("{path}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                empties(member, &format!("{path}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// oauth.md trap 10, design decision 15: a null or an empty string stops several clients.
#[tokio::test]
async fn no_answer_carries_a_null_or_an_empty_string() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut connected = super::connect(&site).await;
    let mut replies = Vec::new();
    for path in DOCUMENTS.iter().filter(|path| path.contains("auth.md")) {
        assert!(!site.get(path).await.text.is_empty());
    }
    for path in DOCUMENTS.iter().filter(|path| !path.contains("auth.md")) {
        replies.push(site.get(path).await);
    }
    replies.push(site.post_json("/agent/identity", &json!({ "type": "anonymous" })).await);
    let body = json!({ "type": "service_auth", "login_hint": "ada@example.com" });
    replies.push(site.post_json("/agent/identity", &body).await);
    replies.push(connected.agent.refresh(&connected.refresh()).await);
    replies.push(connected.agent.exchange(&connected.assertion()).await);
    replies.push(site.introspect(&connected.access()).await);
    replies.push(site.get("/demo/notes").await);
    replies.push(connected.agent.poll("clm_nothing").await);
    super::disconnect(&site, &mut connected).await;
    replies.push(site.introspect(&connected.access()).await);
    replies.push(connected.tokens);
    for reply in replies {
        let mut found = Vec::new();
        empties(&reply.json(), "", &mut found);
        assert!(found.is_empty(), "{found:?} in {}", reply.text);
    }
    site.close().await;
}

/// auth.md 2.1: `text/markdown`, with this server's own hosts, scopes, grants and errors.
#[tokio::test]
async fn the_instructions_are_markdown_with_everything_live() {
    let site = Site::open().await;
    let reply = site.get("/auth.md").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("text/markdown; charset=utf-8"));
    for path in [
        SERVER,
        RESOURCE,
        KEYS,
        "/agent/identity",
        "/agent/identity/claim",
        "/agent/identity/claim/complete",
        "/token",
        "/revoke",
    ] {
        let url = format!("{}{path}", site.url);
        assert!(reply.text.contains(&url), "{url}");
    }
    for word in [
        "agent_auth",
        "`demo:read`",
        "`demo:write`",
        CLAIM_GRANT,
        JWT_BEARER,
        "`refresh_token`",
        "authorization_pending",
        "slow_down",
        "access_denied",
        "expired_token",
    ] {
        assert!(reply.text.contains(word), "{word}");
    }
    site.close().await;
}

/// auth.md, "Errors": each word an agent endpoint answers with is in the document, with
/// the status it comes with.
#[tokio::test]
async fn every_error_an_agent_meets_is_explained_in_the_instructions() {
    let site = Site::open_with(NO_LIMITS).await;
    let document = site.get("/auth.md").await.text;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let token = registered.claim_token.as_str();
    let asks = [
        ("/agent/identity", json!({ "type": "unheard_of" })),
        ("/agent/identity", json!({ "type": "service_auth", "login_hint": "nobody" })),
        ("/agent/identity", json!({ "type": "anonymous", "resource": "https://else.example" })),
        ("/agent/identity", json!({ "type": "anonymous", "requested_scopes": ["\u{1}"] })),
        ("/agent/identity", json!({ "type": "identity_assertion", "assertion": "a.b.c" })),
        ("/agent/identity", json!({ "type": "refresh", "refresh_token": "aar_nothing" })),
        ("/agent/identity/claim", json!({ "claim_token": "clm_nothing" })),
        ("/agent/identity/claim/complete", json!({ "claim_token": token, "user_code": "X" })),
        (
            "/agent/identity/claim/complete",
            json!({ "claim_token": "clm_nothing", "user_code": "BCDF-GHJK" }),
        ),
    ];
    for (path, body) in asks {
        let reply = agent.post(path, &body).await;
        assert!((400..500).contains(&reply.status), "{}", reply.text);
        let row = format!("| {} | `{}` |", reply.status, reply.error());
        assert!(document.contains(&row), "{row} for {body}");
    }
    site.close().await;
}

/// auth.md 2.1, "rendered from live configuration": what is off is gone from both documents.
#[tokio::test]
async fn the_documents_follow_the_configuration() {
    let site = Site::open_with(
        "[service]\nname = \"Harbour\"\nterms = \"https://harbour.example/terms\"\n\
         [agents]\nanonymous = false\ntyped_codes = false\nattempt_ttl = \"7m\"\n",
    )
    .await;
    let text = site.get("/auth.md").await.text;
    assert!(text.contains("Harbour"));
    assert!(text.contains("lives 7 minutes") && text.contains("lives 24 hours"), "{text}");
    assert!(!text.contains(CLAIM_GRANT) && !text.contains("\"anonymous\""), "{text}");
    let server = site.get(SERVER).await.json();
    let grants = json!([
        "authorization_code",
        DEVICE_CODE,
        "client_credentials",
        EXCHANGE,
        JWT_BEARER,
        "refresh_token"
    ]);
    assert_eq!(server["grant_types_supported"], grants);
    assert_eq!(server["agent_auth"]["identity_types_supported"], json!(["service_auth"]));
    assert_eq!(server["op_tos_uri"], "https://harbour.example/terms");

    let second = Site::open_with(EVENTS_API).await;
    let text = second.get("/auth.md").await.text;
    assert!(text.contains("https://api.example.com") && text.contains("`events:read`"));
    assert!(text.contains("Read your events"));
    second.close().await;
    site.close().await;
}

/// RFC 7517 §5, RFC 7638: the published set has what verifies an assertion, and no more.
#[tokio::test]
async fn the_key_set_publishes_the_assertion_key_without_its_private_half() {
    let site = Site::open().await;
    let registered = site.agent().register_anonymous().await;
    let header = part_of(&registered.assertion(), 0);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("oauth-id-jag+jwt")));
    let keys = site.get(KEYS).await.json();
    let keys = keys["keys"].as_array().expect("keys");
    assert_eq!(keys.len(), 1);
    let key = keys[0].as_object().expect("a key");
    assert_eq!(key["kid"], header["kid"]);
    assert_eq!(
        (&key["kty"], &key["crv"], &key["use"]),
        (&json!("EC"), &json!("P-256"), &json!("sig"))
    );
    for name in key.keys() {
        let public = ["kty", "crv", "x", "y", "kid", "use", "alg", "key_ops"];
        assert!(public.contains(&name.as_str()), "{name} is published");
    }
    site.close().await;
}

/// RFC 9110 §13.1.2: an `ETag` that is known answers 304 without a body; another does not.
#[tokio::test]
async fn every_document_has_an_etag_and_answers_304_to_it() {
    let site = Site::open().await;
    for path in DOCUMENTS {
        let first = site.get(path).await;
        assert_eq!(first.status, 200, "{path}");
        assert_eq!(first.header("cache-control"), Some("public, max-age=300"), "{path}");
        let etag = first.header("etag").expect("an ETag").to_owned();
        assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
        let weak = format!("W/{etag}");
        let among = format!("\"other\", {etag}");
        for known in [etag.as_str(), &weak, &among, "*"] {
            let request = site.client.get(format!("{}{path}", site.url));
            let reply = Reply::of(request.header("if-none-match", known)).await;
            assert_eq!((reply.status, reply.text.as_str()), (304, ""), "{path} {known}");
            assert_eq!(reply.header("etag"), Some(etag.as_str()));
            assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        }
        let request = site.client.get(format!("{}{path}", site.url));
        let reply = Reply::of(request.header("if-none-match", "\"other\"")).await;
        assert_eq!((reply.status, &reply.text), (200, &first.text));
        let head = Reply::of(site.client.head(format!("{}{path}", site.url))).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
        assert_eq!(head.header("etag"), Some(etag.as_str()));
    }
    site.close().await;
}

/// oauth.md row 28: any origin may read, none with credentials, and a preflight passes.
#[tokio::test]
async fn any_origin_may_read_discovery_and_call_the_agent_endpoints() {
    let site = Site::open().await;
    let endpoints = [
        "/agent/identity",
        "/agent/identity/claim",
        "/agent/identity/claim/complete",
        "/token",
        "/revoke",
        "/register",
        "/par",
        "/device_authorization",
        "/oauth2/token",
        "/oauth2/revoke",
    ];
    for path in DOCUMENTS.into_iter().chain(endpoints) {
        let url = format!("{}{path}", site.url);
        let preflight = site.client.request(reqwest::Method::OPTIONS, &url);
        let preflight = preflight
            .header("origin", "https://agent.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type, mcp-protocol-version");
        let reply = Reply::of(preflight).await;
        assert_eq!((reply.status, reply.text.as_str()), (204, ""), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert_eq!(reply.header("access-control-allow-credentials"), None);
        let allowed = reply.header("access-control-allow-headers").expect("headers");
        for header in ["authorization", "content-type", "dpop", "mcp-protocol-version"] {
            assert!(allowed.split(", ").any(|name| name == header), "{path}: {allowed}");
        }
        let method = if DOCUMENTS.contains(&path) { "GET" } else { "POST" };
        let method: reqwest::Method = method.parse().expect("a method");
        let reply = Reply::of(site.client.request(method, &url)).await;
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{path}");
    }
    for path in ["/sign-in", "/account/sessions", "/approve/x"] {
        assert_eq!(site.get(path).await.header("access-control-allow-origin"), None, "{path}");
    }
    site.close().await;
}

/// oauth.md row 36: metadata and endpoints never redirect.
#[tokio::test]
async fn nothing_an_agent_calls_redirects() {
    let site = Site::open().await;
    let paths = [
        "/agent/identity",
        "/agent/identity/claim",
        "/agent/identity/claim/complete",
        "/token",
        "/revoke",
        "/register",
        "/par",
        "/device_authorization",
        "/introspect",
        "/oauth2/token",
        "/oauth2/revoke",
        "/oauth2/introspect",
        "/demo/notes",
        "/demo/mcp",
        "/demo/whoami",
    ];
    for path in DOCUMENTS.into_iter().chain(paths) {
        for spelling in [path.to_owned(), format!("{path}/"), format!("/{path}")] {
            for reply in [site.get(&spelling).await, site.post_form(&spelling, &[]).await] {
                let status = reply.status;
                assert!(!(300..400).contains(&status), "{spelling} answered {status}");
                assert_eq!(reply.header("location"), None, "{spelling}");
            }
        }
    }
    site.close().await;
}

/// oauth.md row 8 and trap 8: the OpenID document is whole or 404, never a 5xx.
#[tokio::test]
async fn documents_that_do_not_exist_are_a_plain_404() {
    let site = Site::open().await;
    for path in [
        "/.well-known/openid-configuration/demo",
        "/.well-known/oauth-authorization-server/demo",
        "/demo/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource/demo/mcp/more",
    ] {
        site.get(path).await.assert_error(404, "not_found");
    }
    site.close().await;
}
