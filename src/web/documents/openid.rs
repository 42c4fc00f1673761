//! The OpenID document: clients that look for nothing else find everything in it.

use crate::protocol::metadata::{AuthorizationServerMetadata, OpenIdProviderMetadata};
use crate::protocol::scope::OPENID;

/// The server's metadata with what OpenID Connect Discovery 1.0 §3 adds. `openid` stands in
/// this document alone: clients ask for whole lists of scopes, and it is none of a resource's.
pub(super) fn metadata(mut server: AuthorizationServerMetadata<'_>) -> OpenIdProviderMetadata<'_> {
    server.scopes_supported.insert(0, OPENID.to_owned());
    OpenIdProviderMetadata {
        server,
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
        claims_supported: ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce"],
        claims_parameter_supported: false,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
    }
}
