"""PyPI `mcp` 2: the Python SDK, which checks issuer, state and token type before it believes anything."""

import asyncio
import contextlib
import json
import os
import unittest
from collections.abc import AsyncIterator

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import (
    ClientCredentialsOAuthProvider,
    PrivateKeyJWTOAuthProvider,
    SignedJWTParameters,
)
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from pydantic import AnyUrl

from world import BOTH, CALLBACK, DOCUMENTS, MCP, ORIGIN, READ, answer, introspect


class Storage:
    """Keeps in memory what an agent keeps on disk."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Agent:
    def __init__(self, document: str | None = None) -> None:
        self.storage = Storage()
        self.asked: list[str] = []
        self.scopes = READ
        self.metadata = OAuthClientMetadata(
            client_name="Notes helper in Python",
            redirect_uris=[AnyUrl(CALLBACK)],
            token_endpoint_auth_method="none",
        )
        self.document = document

    async def redirect(self, url: str) -> None:
        self.asked.append(url)

    async def callback(self) -> AuthorizationCodeResult:
        received = await asyncio.to_thread(answer, self.asked[-1], scopes=self.scopes)
        return AuthorizationCodeResult(code=received["code"] or "", state=received["state"], iss=received["iss"])

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        provider = OAuthClientProvider(
            server_url=MCP,
            client_metadata=self.metadata,
            storage=self.storage,
            redirect_handler=self.redirect,
            callback_handler=self.callback,
            client_metadata_url=self.document,
        )
        self.provider = provider
        async with httpx2.AsyncClient(auth=provider, timeout=60) as http:
            async with Client(streamable_http_client(MCP, http_client=http)) as client:
                yield client

    @property
    def held(self) -> OAuthToken:
        assert self.storage.tokens is not None
        return self.storage.tokens

    def session(self) -> dict[str, object]:
        return introspect(self.held.access_token)


async def read_notes(client: Client) -> list[object]:
    result = await client.call_tool("read_notes", {})
    return json.loads(result.content[0].text)


class McpTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        # Otherwise asyncio reports every step of a slow machine.
        asyncio.get_running_loop().set_debug(False)

    async def test_a_client_that_registers_itself_is_let_in_and_calls_a_tool(self) -> None:
        """RFC 7591, OAuth 2.1 4.1, RFC 9207: contracts/oauth rows 1, 4 to 12, 16 to 18."""
        agent = Agent()
        async with agent.connected() as client:
            self.assertIsInstance(await read_notes(client), list)
        self.assertEqual(agent.held.scope, "demo:read")
        self.assertEqual(agent.session()["client_id"], agent.storage.client.client_id)
        self.assertEqual(len(agent.asked), 1)

    async def test_a_client_with_a_secret_sends_it_as_it_was_registered(self) -> None:
        """RFC 7591 3.2.1: trap 12, the method is echoed and a secret comes with it."""
        for method in ["client_secret_basic", "client_secret_post"]:
            with self.subTest(method):
                agent = Agent()
                agent.metadata.token_endpoint_auth_method = method
                async with agent.connected() as client:
                    self.assertIsInstance(await read_notes(client), list)
                self.assertEqual(agent.storage.client.token_endpoint_auth_method, method)
                self.assertIsNotNone(agent.storage.client.client_secret)

    async def test_a_client_with_a_metadata_document_is_let_in_without_registering(self) -> None:
        """Client id metadata documents: row 14."""
        document = f"{DOCUMENTS}/python-agent.json"
        agent = Agent(document)
        async with agent.connected() as client:
            self.assertIsInstance(await read_notes(client), list)
        self.assertEqual(agent.session()["client_id"], document)

    async def test_an_access_token_that_ran_out_is_refreshed_without_the_person(self) -> None:
        """OAuth 2.1 4.3.1: row 20."""
        agent = Agent()
        async with agent.connected() as client:
            await read_notes(client)
            before, session = agent.held, agent.session()["session_id"]
            agent.provider.context.token_expiry_time = 1.0
            await read_notes(client)
        self.assertEqual(len(agent.asked), 1)
        self.assertNotEqual(agent.held.access_token, before.access_token)
        self.assertNotEqual(agent.held.refresh_token, before.refresh_token)
        self.assertEqual(agent.session()["session_id"], session)

    async def test_a_tool_that_needs_more_asks_again_and_the_same_session_gains_it(self) -> None:
        """RFC 6750 3.1, MCP scope challenge: row 3."""
        agent = Agent()
        async with agent.connected() as client:
            await read_notes(client)
            session = agent.session()["session_id"]
            agent.scopes = BOTH
            result = await client.call_tool("add_note", {"text": "written in Python"})
            self.assertEqual(result.content[0].text, "written in Python")
        self.assertEqual(len(agent.asked), 2)
        self.assertEqual(sorted(agent.held.scope.split()), BOTH)
        self.assertEqual(agent.session()["session_id"], session)

    async def test_a_machine_with_a_secret_or_a_key_acts_by_itself(self) -> None:
        """RFC 6749 4.4, RFC 7523 2.2: rows 18 and 31."""
        with open(os.environ["INTEROP_KEY"]) as file:
            key = file.read()
        signed = SignedJWTParameters(
            issuer="nightly-backup", subject="nightly-backup", signing_key=key, signing_algorithm="ES256"
        )
        with_secret, with_key = Storage(), Storage()
        providers = [
            ClientCredentialsOAuthProvider(MCP, with_secret, "nightly-report", "nightly-report-secret", issuer=ORIGIN),
            PrivateKeyJWTOAuthProvider(
                MCP, with_key, "nightly-backup", signed.create_assertion_provider(), issuer=ORIGIN
            ),
        ]
        for provider, storage in zip(providers, [with_secret, with_key], strict=True):
            with self.subTest(type(provider).__name__):
                async with httpx2.AsyncClient(auth=provider, timeout=60) as http:
                    async with Client(streamable_http_client(MCP, http_client=http)) as client:
                        self.assertIsInstance(await read_notes(client), list)
                self.assertIsNone(storage.tokens.refresh_token)


if __name__ == "__main__":
    unittest.main()
