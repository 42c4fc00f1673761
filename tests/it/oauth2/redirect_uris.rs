//! Where answers may be sent, seen from registration.

use serde_json::json;

use super::{UNLIMITED, clients, register};
use crate::support::Site;

/// Case 030: schemes that run code or read files, however they are spelled.
const CODE: &[&str] = &[
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript://client.example.com/%0aalert(1)",
    " javascript:alert(1)",
    "\tjavascript:alert(1)",
    "\u{1}javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java\rscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "Data:text/html;base64,PHNjcmlwdD4=",
    "vbscript:msgbox(1)",
    "VBScript:msgbox(1)",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "blob:https://client.example.com/1",
    "about:blank",
    "view-source:https://client.example.com/",
];

/// Case 031: what could mean two places, or a place anybody on the way can read.
const AMBIGUOUS: &[&str] = &[
    "https://client.example.com/cb#",
    "https://client.example.com/cb#fragment",
    "https://ada@client.example.com/cb",
    "https://ada:secret@client.example.com/cb",
    "https://@client.example.com/cb",
    "https://*.example.com/cb",
    "https://client.example.com/*",
    "/cb",
    "cb",
    "//client.example.com/cb",
    "https:client.example.com/cb",
    "https:///client.example.com/cb",
    "http://client.example.com/cb",
    "http://127.0.0.2/cb",
    "http://localhost.example.com/cb",
    "https://client.example.com:443/cb",
    "http://127.0.0.1:80/cb",
    "https://client.example.com\\@evil.example.com/cb",
    "https:\\\\client.example.com\\cb",
    "https://client.example.com/c\u{0}b",
    "",
];

/// Cases 030 and 031; RFC 7591 §3.2.2: refused by name, and nothing is stored, even beside a
/// sound one.
#[tokio::test]
async fn a_dangerous_redirect_uri_is_refused_and_leaves_no_client() {
    let site = Site::open_with(UNLIMITED).await;
    for uri in CODE.iter().chain(AMBIGUOUS) {
        for uris in [json!([uri]), json!(["https://client.example.com/cb", uri])] {
            let reply = register(&site, &json!({ "redirect_uris": uris })).await;
            reply.assert_error(400, "invalid_redirect_uri");
            let index = uris.as_array().expect("a list").len() - 1;
            let named = reply.json()["error_description"].to_string();
            assert!(named.contains(&format!("redirect_uris[{index}]")), "{uri:?}: {named}");
        }
    }
    assert_eq!(clients(&site).await, 0);
    site.close().await;
}

/// oauth.md row 13: the spellings that clients in wide use register, each echoed unchanged.
#[tokio::test]
async fn the_uris_of_clients_in_wide_use_are_registered_unchanged() {
    let site = Site::open_with(UNLIMITED).await;
    for uris in [
        json!(["https://claude.ai/api/mcp/auth_callback"]),
        json!(["http://localhost/callback"]),
        json!(["http://127.0.0.1:33418/", "https://vscode.dev/redirect"]),
        json!(["http://[::1]/callback"]),
        json!([
            "cursor://anysphere.cursor-retrieval/oauth/user-demo/callback",
            "http://localhost:8787/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
        ]),
    ] {
        let reply = register(&site, &json!({ "redirect_uris": uris })).await;
        assert_eq!(reply.status, 201, "{uris}: {}", reply.text);
        assert_eq!(reply.json()["redirect_uris"], uris);
    }
    site.close().await;
}
