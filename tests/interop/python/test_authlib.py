"""PyPI Authlib 1.9: the client of many web applications. It knows endpoints, not discovery."""

import os
import time
import unittest

import httpx2

# Authlib sends nothing over plain http, which is all there is on loopback, unless it is told to.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.common.security import generate_token  # noqa: E402
from authlib.integrations.base_client import OAuthError  # noqa: E402
from authlib.integrations.httpx_client import OAuth2Client  # noqa: E402

from world import BOTH, CALLBACK, ORIGIN, answer, decide, introspect  # noqa: E402

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


class Application:
    """A web application whose developer registered it by hand."""

    def __init__(self, method: str = "client_secret_basic", scope: str = "demo:read") -> None:
        self.server = httpx2.get(f"{ORIGIN}/.well-known/oauth-authorization-server").json()
        about = {
            "client_name": "Web application",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token", DEVICE],
            "token_endpoint_auth_method": method,
        }
        registered = httpx2.post(self.server["registration_endpoint"], json=about)
        assert registered.status_code == 201, registered.text
        client = registered.json()
        self.client = OAuth2Client(
            client_id=client["client_id"],
            client_secret=client.get("client_secret"),
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            scope=scope,
            redirect_uri=CALLBACK,
            code_challenge_method="S256",
            token_endpoint=self.server["token_endpoint"],
        )

    def authorize(self, **decision: object) -> dict[str, object]:
        verifier = generate_token(48)
        endpoint = self.server["authorization_endpoint"]
        url, state = self.client.create_authorization_url(endpoint, code_verifier=verifier)
        received = answer(url, **decision)
        assert received["iss"] == ORIGIN, received.url
        return self.client.fetch_token(authorization_response=received.url, state=state, code_verifier=verifier)


class AuthlibTest(unittest.TestCase):
    def test_the_code_grant_works_without_a_resource_and_with_any_proof(self) -> None:
        """OAuth 2.1 4.1, RFC 8707 2: rows 9, 11 and 18; no `resource` means the default one."""
        for method in ["client_secret_basic", "client_secret_post", "none"]:
            with self.subTest(method):
                application = Application(method)
                token = application.authorize()
                self.assertEqual(token["token_type"], "Bearer")
                self.assertEqual(introspect(token["access_token"])["aud"], f"{ORIGIN}/demo")
                self.assertEqual(application.client.get(f"{ORIGIN}/demo/notes").status_code, 200)

    def test_a_refresh_goes_on_with_the_same_session(self) -> None:
        """OAuth 2.1 4.3.1: row 20."""
        application = Application()
        first = dict(application.authorize())
        second = application.client.refresh_token()
        self.assertNotEqual(second["refresh_token"], first["refresh_token"])
        session = introspect(first["access_token"]).get("session_id", introspect(second["access_token"])["session_id"])
        self.assertEqual(introspect(second["access_token"])["session_id"], session)
        self.assertEqual(application.client.get(f"{ORIGIN}/demo/notes").status_code, 200)

    def test_an_application_asks_for_more_and_the_same_session_gains_it(self) -> None:
        """RFC 6750 3.1, MCP scope challenge: row 3."""
        application = Application()
        first = dict(application.authorize())
        session = introspect(first["access_token"])["session_id"]
        refused = application.client.post(f"{ORIGIN}/demo/notes", json={"text": "not yet"})
        self.assertEqual(refused.status_code, 403)
        self.assertIn('error="insufficient_scope"', refused.headers["www-authenticate"])
        application.client.scope = " ".join(BOTH)
        second = application.authorize(scopes=BOTH)
        self.assertEqual(sorted(second["scope"].split()), BOTH)
        self.assertEqual(introspect(second["access_token"])["session_id"], session)
        written = application.client.post(f"{ORIGIN}/demo/notes", json={"text": "now it may"})
        self.assertEqual(written.status_code, 201)

    def test_a_denial_is_an_error_of_the_callback(self) -> None:
        """RFC 6749 4.1.2.1."""
        application = Application()
        endpoint = application.server["authorization_endpoint"]
        url, state = application.client.create_authorization_url(endpoint, code_verifier=generate_token(48))
        received = answer(url, decision="deny")
        self.assertEqual((received["error"], received["state"]), ("access_denied", state))

    def test_a_wrong_verifier_gets_nothing(self) -> None:
        """RFC 7636 4.6: row 9; the error is one that Authlib reads (row 17)."""
        application = Application()
        endpoint = application.server["authorization_endpoint"]
        url, state = application.client.create_authorization_url(endpoint, code_verifier=generate_token(48))
        received = answer(url)
        with self.assertRaises(OAuthError) as refused:
            application.client.fetch_token(
                authorization_response=received.url, state=state, code_verifier=generate_token(48)
            )
        self.assertEqual(refused.exception.error, "invalid_grant")

    def test_introspection_says_what_a_token_is_good_for(self) -> None:
        """RFC 7662 2: row 23."""
        token = Application().authorize()
        resource_server = OAuth2Client("demo", "demo-secret", token_endpoint_auth_method="client_secret_basic")
        endpoint = f"{ORIGIN}/introspect"
        seen = resource_server.introspect_token(endpoint, token=token["access_token"]).json()
        self.assertIs(seen["active"], True)
        unknown = resource_server.introspect_token(endpoint, token="never issued").json()
        self.assertEqual(unknown, {"active": False})

    def test_revoking_the_refresh_token_ends_the_access_token(self) -> None:
        """RFC 7009 2.1: row 25."""
        for method in ["client_secret_basic", "none"]:
            with self.subTest(method):
                application = Application(method)
                token = application.authorize()
                endpoint = application.server["revocation_endpoint"]
                revoked = application.client.revoke_token(endpoint, token=token["refresh_token"])
                self.assertEqual(revoked.status_code, 200)
                self.assertEqual(introspect(token["access_token"]), {"active": False})

    def test_a_device_code_makes_one_session(self) -> None:
        """RFC 8628 3.4: row 22; Authlib sends any grant it is given."""
        application = Application("none")
        client, server = application.client, application.server
        asked = {"client_id": client.client_id, "scope": "demo:read"}
        begun = httpx2.post(server["device_authorization_endpoint"], data=asked).json()
        request = {"grant_type": DEVICE, "device_code": begun["device_code"]}
        with self.assertRaises(OAuthError) as early:
            client.fetch_token(**request)
        self.assertEqual(early.exception.error, "authorization_pending")
        decide(begun["verification_uri"], code=begun["user_code"], scopes=["demo:read"])
        time.sleep(begun["interval"] + 0.5)
        token = dict(client.fetch_token(**request))
        self.assertEqual(client.get(f"{ORIGIN}/demo/notes").status_code, 200)
        self.assertEqual(token["scope"], "demo:read")
        # An answer that was lost is told again, and no second one is made.
        self.assertEqual(client.fetch_token(**request)["access_token"], token["access_token"])


if __name__ == "__main__":
    unittest.main()
