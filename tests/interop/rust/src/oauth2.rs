//! oauth2 5: the general-purpose crate. It takes exactly 200, a JSON type and whole numbers.

use std::time::Duration;

use countersign_interop_tests::{
    BOTH, CALLBACK, READ, approve, decide, http, introspect, origin, parameter, register,
};
use oauth2::basic::{BasicClient, BasicErrorResponseType, BasicTokenType};
use oauth2::{
    AccessToken, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    DeviceAuthorizationUrl, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    IntrospectionUrl, PkceCodeChallenge, RedirectUrl, RequestTokenError, Scope,
    StandardDeviceAuthorizationResponse, TokenIntrospectionResponse, TokenResponse, TokenUrl,
};
use serde_json::json;

type Client = BasicClient<EndpointSet, EndpointSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

fn at(path: &str) -> String {
    format!("{}{path}", origin())
}

/// The crate speaks to the network through whatever it is given.
async fn send(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let request = reqwest::Request::try_from(request)?;
    let answer = http().execute(request).await?;
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}

/// A client that somebody registered, with or without a secret.
async fn client(method: &str) -> Client {
    let about = json!({
        "client_name": "Command line tool",
        "redirect_uris": [CALLBACK],
        "grant_types": [
            "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"
        ],
        "token_endpoint_auth_method": method,
    });
    let (id, secret) = register(about).await;
    let client = BasicClient::new(ClientId::new(id))
        .set_auth_uri(AuthUrl::new(at("/authorize")).expect("a URL"))
        .set_token_uri(TokenUrl::new(at("/token")).expect("a URL"))
        .set_device_authorization_url(
            DeviceAuthorizationUrl::new(at("/device_authorization")).expect("a URL"),
        )
        .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).expect("a URL"));
    match secret {
        Some(secret) => client.set_client_secret(ClientSecret::new(secret)),
        None => client,
    }
}

/// OAuth 2.1 4.1: rows 9 and 16 to 18; the secret travels form-encoded in Basic (trap 16).
#[tokio::test]
async fn the_code_grant_works_with_and_without_a_secret() {
    for method in ["client_secret_basic", "none"] {
        let client = client(method).await;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (link, state) = client
            .authorize_url(CsrfToken::new_random)
            .add_scope(Scope::new("demo:read".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let callback = approve(link.as_str(), READ).await;
        assert_eq!(parameter(&callback, "state").as_ref(), Some(state.secret()));
        assert_eq!(parameter(&callback, "iss"), Some(origin()));
        let code = AuthorizationCode::new(parameter(&callback, "code").expect("a code"));
        let tokens = client.exchange_code(code).set_pkce_verifier(verifier);
        let tokens = tokens.request_async(&send).await.expect("tokens");
        assert_eq!(tokens.token_type(), &BasicTokenType::Bearer);
        assert_eq!(tokens.scopes(), Some(&vec![Scope::new("demo:read".to_owned())]));
        assert!(tokens.expires_in().is_some_and(|span| span > Duration::ZERO));

        let refresh = tokens.refresh_token().expect("a refresh token");
        let refreshed = client.exchange_refresh_token(refresh).request_async(&send).await;
        let refreshed = refreshed.expect("tokens");
        let session = introspect(refreshed.access_token().secret()).await;
        assert_eq!(session["active"], true);
        assert_ne!(refreshed.refresh_token().map(|token| token.secret()), Some(refresh.secret()));
    }
}

/// RFC 8628 3.1 to 3.5: row 22.
#[tokio::test]
async fn a_command_line_tool_is_let_in_by_a_device_code() {
    let client = client("none").await;
    let begun: StandardDeviceAuthorizationResponse = client
        .exchange_device_code()
        .add_scopes(BOTH.iter().map(|scope| Scope::new((*scope).to_owned())))
        .request_async(&send)
        .await
        .expect("a device code");
    let (link, code) = (begun.verification_uri().as_str(), begun.user_code().secret());
    decide(json!({ "url": link, "code": code, "scopes": READ })).await;
    let polled = client.exchange_device_access_token(&begun);
    let tokens = polled.request_async(&send, tokio::time::sleep, None).await.expect("tokens");
    assert_eq!(introspect(tokens.access_token().secret()).await["scope"], "demo:read");
}

/// RFC 8628 3.5: a denial is an error that the crate reads.
#[tokio::test]
async fn a_denied_device_learns_that_it_was_denied() {
    let client = client("none").await;
    let begun = client.exchange_device_code().request_async(&send).await;
    let begun: StandardDeviceAuthorizationResponse = begun.expect("a device code");
    let (link, code) = (begun.verification_uri().as_str(), begun.user_code().secret());
    decide(json!({ "url": link, "code": code, "decision": "deny" })).await;
    let polled = client.exchange_device_access_token(&begun);
    let refused = polled.request_async(&send, tokio::time::sleep, None).await;
    let Err(RequestTokenError::ServerResponse(error)) = refused else {
        panic!("a refusal that the crate can read, not {refused:?}");
    };
    assert_eq!(error.error().to_string(), "access_denied");
}

/// RFC 6749 5.2: row 17.
#[tokio::test]
async fn a_code_that_was_never_issued_is_an_invalid_grant() {
    let client = client("none").await;
    let (_, verifier) = PkceCodeChallenge::new_random_sha256();
    let code = AuthorizationCode::new("never-issued".to_owned());
    let refused = client.exchange_code(code).set_pkce_verifier(verifier).request_async(&send).await;
    let Err(RequestTokenError::ServerResponse(error)) = refused else {
        panic!("a refusal that the crate can read, not {refused:?}");
    };
    assert_eq!(error.error(), &BasicErrorResponseType::InvalidGrant);
}

/// RFC 7662 2: row 23.
#[tokio::test]
async fn introspection_speaks_in_whole_numbers() {
    let resource_server = BasicClient::new(ClientId::new("demo".to_owned()))
        .set_client_secret(ClientSecret::new("demo-secret".to_owned()))
        .set_introspection_url(IntrospectionUrl::new(at("/introspect")).expect("a URL"));
    let unknown = AccessToken::new("never-issued".to_owned());
    let seen = resource_server.introspect(&unknown).request_async(&send).await;
    assert!(!seen.expect("an answer").active());
    let about = json!({ "type": "anonymous", "client_name": "Command line tool" });
    let told = http().post(at("/agent/identity")).json(&about).send().await.expect("an answer");
    let told: serde_json::Value = told.json().await.expect("JSON");
    let assertion = told["identity"]["assertion"].as_str().expect("an assertion");
    let form =
        [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
    let issued = http().post(at("/token")).form(&form).send().await.expect("an answer");
    let issued: serde_json::Value = issued.json().await.expect("JSON");
    let live = AccessToken::new(issued["access_token"].as_str().expect("a token").to_owned());
    let seen = resource_server.introspect(&live).request_async(&send).await.expect("an answer");
    assert!(seen.active());
    assert!(seen.exp() > seen.iat() && seen.iat().is_some(), "{seen:?}");
}
