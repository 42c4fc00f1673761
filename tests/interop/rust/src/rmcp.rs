//! rmcp 3: the Rust SDK of MCP, which Codex and other agents build on.

use std::sync::Arc;

use countersign_interop_tests::{
    BOTH, CALLBACK, READ, approve, document, http, introspect, mcp, origin,
};
use rmcp::model::CallToolRequestParams;
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{
    AuthClient, AuthorizationManager, AuthorizationRequest, ClientCredentialsConfig, OAuthState,
};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// An agent that holds a session, and its connection.
struct Agent {
    client: RunningService<RoleClient, ()>,
    manager: Arc<Mutex<AuthorizationManager>>,
}

impl Agent {
    /// Asks, has the person decide, and connects.
    async fn connect(request: AuthorizationRequest, scopes: &[&str]) -> Self {
        let mut state = OAuthState::new(mcp(), None).await.expect("a state");
        state.start_authorization(request).await.expect("discovery and registration");
        let link = state.get_authorization_url().await.expect("a link");
        let callback = approve(&link, scopes).await;
        state.handle_callback_url(callback.as_str()).await.expect("tokens");
        Self::with(state.into_authorization_manager().expect("an authorized state")).await
    }

    async fn with(manager: AuthorizationManager) -> Self {
        let authorized = AuthClient::new(http(), manager);
        let manager = Arc::clone(&authorized.auth_manager);
        let settings = StreamableHttpClientTransportConfig::with_uri(mcp());
        let transport = StreamableHttpClientTransport::with_client(authorized, settings);
        let client = ().serve(transport).await.expect("a connection");
        Self { client, manager }
    }

    async fn call(&self, tool: &'static str, arguments: Value) -> Result<String, String> {
        let mut request = CallToolRequestParams::new(tool);
        request.arguments = arguments.as_object().cloned();
        let result = self.client.call_tool(request).await.map_err(|error| format!("{error:?}"))?;
        let result = serde_json::to_value(&result).expect("JSON");
        Ok(result["content"][0]["text"].as_str().expect("a text").to_owned())
    }

    async fn read_notes(&self) {
        let notes = self.call("read_notes", json!({})).await.expect("notes");
        assert!(serde_json::from_str::<Value>(&notes).expect("JSON").is_array());
    }

    async fn token(&self) -> String {
        self.manager.lock().await.get_access_token().await.expect("a token")
    }
}

fn request() -> AuthorizationRequest {
    AuthorizationRequest::new(CALLBACK).with_client_name("Notes helper in Rust")
}

/// RFC 7591, OAuth 2.1 4.1, RFC 9207: contracts/oauth rows 1, 4 to 13, 16; rmcp probes with GET (trap 9).
#[tokio::test]
async fn a_client_that_registers_itself_is_let_in_and_calls_a_tool() {
    let agent = Agent::connect(request(), READ).await;
    agent.read_notes().await;
    let session = introspect(&agent.token().await).await;
    assert_eq!(session["scope"], "demo:read");
    let (client_id, _) = agent.manager.lock().await.get_credentials().await.expect("credentials");
    assert_eq!(session["client_id"], client_id);
}

/// Client id metadata documents: row 14.
#[tokio::test]
async fn a_client_with_a_metadata_document_is_let_in_without_registering() {
    let id = document("rust-agent");
    let agent = Agent::connect(request().with_client_metadata_url(&id), READ).await;
    agent.read_notes().await;
    assert_eq!(introspect(&agent.token().await).await["client_id"], id);
}

/// OAuth 2.1 4.3.1: row 20.
#[tokio::test]
async fn a_refresh_goes_on_with_the_same_session() {
    let agent = Agent::connect(request(), READ).await;
    let first = agent.token().await;
    let session = introspect(&first).await;
    agent.manager.lock().await.refresh_token().await.expect("a refresh");
    let second = agent.token().await;
    assert_ne!(second, first);
    assert_eq!(introspect(&second).await["session_id"], session["session_id"]);
    agent.read_notes().await;
}

/// RFC 6750 3.1, MCP scope challenge: row 3.
#[tokio::test]
async fn a_tool_that_needs_more_asks_again_and_the_same_session_gains_it() {
    let agent = Agent::connect(request(), READ).await;
    let session = introspect(&agent.token().await).await;
    let refused =
        agent.call("add_note", json!({ "text": "not yet" })).await.expect_err("a refusal");
    assert!(refused.contains("insufficient_scope"), "{refused}");

    let manager = agent.manager.lock().await;
    let link = manager.request_scope_upgrade("demo:read demo:write").await.expect("a link");
    let callback = approve(&link, BOTH).await;
    let parameter = |name| countersign_interop_tests::parameter(&callback, name).expect(name);
    manager
        .exchange_code_for_token_with_issuer(
            &parameter("code"),
            &parameter("state"),
            Some(&parameter("iss")),
        )
        .await
        .expect("tokens");
    drop(manager);

    let written = agent.call("add_note", json!({ "text": "written in Rust" })).await;
    assert_eq!(written.expect("a note"), "written in Rust");
    let gained = introspect(&agent.token().await).await;
    assert_eq!(gained["session_id"], session["session_id"]);
}

/// RFC 6749 4.4: row 31.
#[tokio::test]
async fn a_machine_with_a_secret_acts_by_itself() {
    let mut state = OAuthState::new(mcp(), None).await.expect("a state");
    let credentials = ClientCredentialsConfig::ClientSecret {
        client_id: "nightly-report".to_owned(),
        client_secret: "nightly-report-secret".to_owned(),
        scopes: vec!["demo:read".to_owned()],
        resource: Some(format!("{}/demo", origin())),
    };
    state.authenticate_client_credentials(credentials).await.expect("tokens");
    let agent = Agent::with(state.into_authorization_manager().expect("an authorized state")).await;
    agent.read_notes().await;
    assert_eq!(introspect(&agent.token().await).await["client_id"], "nightly-report");
}

/// RFC 9207 2.4: rmcp compares the issuer of the answer with the one it discovered.
#[tokio::test]
async fn an_answer_in_another_servers_name_is_refused() {
    let mut state = OAuthState::new(mcp(), None).await.expect("a state");
    state.start_authorization(request()).await.expect("discovery and registration");
    let link = state.get_authorization_url().await.expect("a link");
    let mut callback = approve(&link, READ).await;
    let genuine: Vec<_> =
        callback.query_pairs().into_owned().filter(|(name, _)| name != "iss").collect();
    callback.query_pairs_mut().clear().extend_pairs(genuine);
    callback.query_pairs_mut().append_pair("iss", "https://other.example.com");
    let refused = state.handle_callback_url(callback.as_str()).await;
    assert!(refused.is_err_and(|error| error.to_string().to_lowercase().contains("issuer")));
}
