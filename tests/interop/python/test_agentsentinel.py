"""PyPI agentsentinel-sdk 0.4: a client with an API key. Its product's API stands behind /forward-auth, as a proxy has it
(contracts/credentials.md, rows AS03, AS07, AS18 to AS21)."""

import json
import os
import re
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOME = tempfile.TemporaryDirectory()
os.environ["AGENT_SENTINEL_HOME"] = HOME.name

import httpx  # noqa: E402
from agent_sentinel.integrations.registry import auto_register_tools  # noqa: E402
from agent_sentinel.integrations.tools import sentinel_tool  # noqa: E402
from agent_sentinel.ledger import Ledger  # noqa: E402
from agent_sentinel.replay import ReplayMode  # noqa: E402
from agent_sentinel.sync import ManualSync, SyncConfig, enable_remote_sync  # noqa: E402

from world import ORIGIN  # noqa: E402

PROXY = "Basic ZGVtbzpkZW1vLXNlY3JldA=="


@sentinel_tool()
def lookup(word: str) -> str:
    """Looks something up."""
    return word


class Product(ThreadingHTTPServer):
    """The product's API with a proxy before it: whatever may pass is accepted as its documents say, and noted."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.seen: list[tuple[str, str, int]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Passing(BaseHTTPRequestHandler):
    server: Product

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")}
        asked |= {"Countersign-Proxy": PROXY, "X-Forwarded-Method": "POST", "X-Forwarded-Uri": self.path}
        answer = httpx.get(f"{ORIGIN}/forward-auth?scope=demo:write", headers=asked)
        ok = {"/api/v1/ingest": 202, "/api/v1/actions/register": 200}.get(self.path, 201)
        status, body = (ok, b"{}") if answer.status_code == 200 else (answer.status_code, answer.content)
        who = answer.headers.get("Countersign-Account", "")
        self.server.seen.append((self.path, who, status))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


def token() -> str:
    """What the person copies from the page for scripts."""
    with httpx.Client(base_url=ORIGIN, follow_redirects=True) as browser:
        def post(page: str, path: str, fields: dict[str, str]) -> httpx.Response:
            csrf = re.search(r'name="csrf" value="([^"]+)"', browser.get(page).text)
            assert csrf is not None, page
            answer = browser.post(path, data={"csrf": csrf[1], **fields})
            assert answer.status_code == 200, answer.text
            return answer

        person = {"email": os.environ["INTEROP_EMAIL"], "password": os.environ["INTEROP_PASSWORD"]}
        post("/sign-in", "/sign-in", person)
        shown = post("/account/tokens", "/account/tokens", {"profile": "agent-sentinel"}).text
        found = re.search(r"data-copy-this[^>]*>([^<]+)</output>", shown)
        assert found is not None, shown
        return found[1]


class AgentSentinelTest(unittest.TestCase):
    def setUp(self) -> None:
        self.console = {"Authorization": f"Bearer {token()}"}
        made = httpx.post(f"{ORIGIN}/api/v1/api-keys/", headers=self.console, json={"name": "production"})
        self.assertEqual(made.status_code, 201, made.text)
        self.made = made.json()
        self.product = Product()
        self.addCleanup(self.product.close)

    def record(self) -> None:
        Ledger.reset()
        Ledger.record("search", {"q": "x"}, {"found": 1}, 0.01, 5.0, "success", ["test"], agent_id="crawler")

    def upload(self, key: str) -> list[int]:
        """Flushes what was recorded, as a program does at its end; the statuses its product answered with."""
        ManualSync(SyncConfig(platform_url=self.product.url, api_token=key, agent_id="crawler", max_retries=1)).flush()
        return [status for path, _, status in self.product.seen if path == "/api/v1/ingest"]

    def test_what_was_recorded_is_taken_in_with_a_key_that_a_script_made(self) -> None:
        """AS03, AS19: the documented request makes the key, and `Authorization: Bearer` carries it."""
        self.record()
        self.assertEqual(self.upload(self.made["key"]), [202])
        self.assertEqual(Path(HOME.name, "ledger.jsonl").read_text(), "", "the client believes that it was taken in")
        self.assertTrue(self.product.seen[0][1].startswith("acc_"), "the API is told whose it is")

    def test_tools_and_replays_come_with_a_scheme_of_their_own(self) -> None:
        """AS18: `Authorization: ApiKey`."""
        auto_register_tools(self.product.url, self.made["key"], "crawler", [sys.modules[__name__]])
        self.record()
        enable_remote_sync(self.product.url, self.made["key"], sync_mode="manual")
        log = Ledger.get_log_path()
        assert log is not None
        with ReplayMode.from_ledger_file(log):
            pass
        sent = [(path.split("/")[3], status) for path, _, status in self.product.seen]
        self.assertEqual(sent, [("actions", 200), ("replay", 201)])

    def test_a_revoked_key_is_refused_and_the_client_does_not_ask_again(self) -> None:
        """AS07, AS13, AS21: 401 in the product's words, which the client reads and gives up on."""
        gone = httpx.delete(f"{ORIGIN}/api/v1/api-keys/{self.made['id']}", headers=self.console)
        self.assertEqual(gone.status_code, 204)
        self.record()
        self.assertEqual(self.upload(self.made["key"]), [401])
        self.assertEqual(self.upload("as_unknown")[-1], 401)
        self.assertNotEqual(Path(HOME.name, "ledger.jsonl").read_text(), "", "nothing is lost")
        lines = Path(HOME.name, "ledger.jsonl").read_text().splitlines()
        self.assertEqual(json.loads(lines[0])["action"], "search")


if __name__ == "__main__":
    unittest.main()
