"""Where everything is (see ../world.mjs), and the person who is asked."""

import os
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx2

ORIGIN = os.environ["INTEROP_ORIGIN"]
DOCUMENTS = os.environ["INTEROP_DOCUMENTS"]
MCP = f"{ORIGIN}/demo/mcp"
RESOURCE = f"{ORIGIN}/demo"
CALLBACK = "http://127.0.0.1:53685/callback"
READ = ["demo:read"]
BOTH = ["demo:read", "demo:write"]


@dataclass
class Answer:
    """What the callback of an agent receives."""

    url: str

    def __getitem__(self, name: str) -> str | None:
        values = parse_qs(urlsplit(self.url).query).get(name, [])
        assert len(values) <= 1, f"{name} is repeated in {self.url}"
        return values[0] if values else None


def decide(url: str, **decision: object) -> dict[str, object]:
    """A person opens the link and decides; where their browser is then."""
    said = httpx2.post(os.environ["INTEROP_PERSON"], json={"url": url, **decision}, timeout=60)
    assert said.status_code == 200, said.text
    return said.json()


def answer(url: str, **decision: object) -> Answer:
    """A person opens the link, decides, and their browser arrives at the agent's callback."""
    arrived = decide(url, **decision)
    location = arrived.get("location")
    assert isinstance(location, str), f"the browser stayed on a page: {arrived}"
    assert location.startswith(CALLBACK + "?"), location
    return Answer(location)


def introspect(token: str) -> dict[str, object]:
    """What the demo's resource server learns of a token (RFC 7662)."""
    return httpx2.post(f"{ORIGIN}/introspect", data={"token": token}, auth=("demo", "demo-secret")).json()
