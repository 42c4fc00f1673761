//! The demo's MCP endpoint, as an MCP client over streamable HTTP sees it.

use serde_json::{Value, json};

use super::{connect, connect_with};
use crate::support::Site;
use crate::support::reply::Reply;

async fn send(site: &Site, token: Option<&str>, message: &Value) -> Reply {
    let request = site.client.post(format!("{}/demo/mcp", site.url));
    let request = request.header("accept", "application/json, text/event-stream");
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    Reply::of(request.json(message)).await
}

fn call(id: u64, tool: &str, arguments: &Value) -> Value {
    json!({
        "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": { "name": tool, "arguments": arguments },
    })
}

/// operator.md, "The demo resource": initialize, list, both tools, in one client's order.
#[tokio::test]
async fn a_client_initializes_lists_and_calls_both_tools() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let token = connected.access();
    let token = Some(token.as_str());
    let message = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        },
    });
    let reply = send(&site, token, &message).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let body = reply.json();
    assert_eq!((&body["jsonrpc"], &body["id"]), (&json!("2.0"), &json!(1)));
    assert_eq!(body["result"]["protocolVersion"], "2025-06-18");
    assert!(body["result"]["capabilities"]["tools"].is_object());
    assert_eq!(body["result"]["serverInfo"]["name"], "countersign-demo");

    let message = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let reply = send(&site, token, &message).await;
    assert_eq!((reply.status, reply.text.as_str()), (202, ""));

    let message = json!({ "jsonrpc": "2.0", "id": "two", "method": "tools/list" });
    let body = send(&site, token, &message).await.json();
    assert_eq!(body["id"], "two");
    let tools = body["result"]["tools"].as_array().expect("tools");
    let names: Vec<_> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(names, ["read_notes", "add_note"]);
    assert!(tools.iter().all(|tool| tool["inputSchema"]["type"] == "object"));

    let added = send(&site, token, &call(3, "add_note", &json!({ "text": "from an agent" }))).await;
    assert_eq!(added.json()["result"]["content"][0]["text"], "from an agent");
    let read = send(&site, token, &call(4, "read_notes", &json!({}))).await.json();
    let text = read["result"]["content"][0]["text"].as_str().expect("text");
    let notes: Value = serde_json::from_str(text).expect("a list");
    assert!(notes.as_array().expect("a list").contains(&json!({ "text": "from an agent" })));
    site.close().await;
}

/// MCP, "Lifecycle": a revision this server does not speak is answered with one it does.
#[tokio::test]
async fn an_unknown_revision_is_answered_with_a_known_one() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let agreed = |wanted: Value| {
        let token = connected.access();
        let site = &site;
        async move {
            let message = json!({
                "jsonrpc": "2.0", "id": 1, "method": "initialize",
                "params": { "protocolVersion": wanted },
            });
            send(site, Some(&token), &message).await.json()["result"]["protocolVersion"].clone()
        }
    };
    for known in ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"] {
        assert_eq!(agreed(json!(known)).await, known);
    }
    for unknown in [json!("1999-01-01"), json!(7), json!(null)] {
        assert_eq!(agreed(unknown).await, "2025-06-18");
    }
    site.close().await;
}

/// oauth.md row 3 and trap 25: a tool that needs more answers 403 and names everything it
/// needs in one challenge, so that one step-up is enough.
#[tokio::test]
async fn a_tool_beyond_the_session_names_all_the_scopes_it_needs() {
    let site = Site::open().await;
    let connected = connect_with(&site, &["demo:read"], "8h").await;
    let token = connected.access();
    let read = send(&site, Some(&token), &call(1, "read_notes", &json!({}))).await;
    assert_eq!(read.status, 200);
    let reply = send(&site, Some(&token), &call(2, "add_note", &json!({ "text": "x" }))).await;
    reply.assert_error(403, "insufficient_scope");
    let challenge = format!(
        r#"Bearer error="insufficient_scope", resource_metadata="{}/.well-known/oauth-protected-resource/demo", scope="demo:read demo:write""#,
        site.url
    );
    assert_eq!(reply.header("www-authenticate"), Some(challenge.as_str()));
    let after = send(&site, Some(&token), &call(3, "read_notes", &json!({}))).await;
    assert_eq!(after.text.replace("\"id\":3", "\"id\":1"), read.text, "nothing was added");
    site.close().await;
}

/// oauth.md rows 1 and 5, trap 9: GET and POST without a token are 401, and the resource
/// of the challenge is a prefix of the endpoint.
#[tokio::test]
async fn without_a_token_get_and_post_find_the_door() {
    let site = Site::open().await;
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {} });
    let posted = send(&site, None, &message).await;
    let got = site.get("/demo/mcp").await;
    for reply in [posted, got] {
        reply.assert_error(401, "unauthorized");
        let challenge = reply.header("www-authenticate").expect("a challenge");
        let url = crate::support::person::between(challenge, "resource_metadata=\"", "\"");
        let path = crate::support::agent::path_of(url.expect("a URL"));
        let resource = site.get(&path).await.json()["resource"].clone();
        let resource = resource.as_str().expect("a URL");
        assert!(format!("{}/demo/mcp", site.url).starts_with(resource));
    }
    site.close().await;
}

/// MCP, "Streamable HTTP": no stream is offered, so an authenticated GET is a 405.
#[tokio::test]
async fn an_authenticated_get_is_told_that_there_is_no_stream() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let request = site.client.get(format!("{}/demo/mcp", site.url));
    let reply = Reply::of(request.bearer_auth(connected.access())).await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("POST, OPTIONS")));
    site.close().await;
}

/// JSON-RPC 2.0 §5.1: what cannot be answered is answered as an error, never a 5xx.
#[tokio::test]
async fn messages_that_make_no_sense_get_json_rpc_errors() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let token = connected.access();
    for (message, code) in [
        (json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/list" }), -32_601),
        (call(1, "drop_notes", &json!({})), -32_602),
        (call(1, "add_note", &json!({})), -32_602),
        (call(1, "add_note", &json!({ "text": 7 })), -32_602),
        (json!([]), -32_700),
        (json!("x"), -32_700),
    ] {
        let reply = send(&site, Some(&token), &message).await;
        assert_eq!(reply.json()["error"]["code"], code, "{message}");
    }
    site.close().await;
}
