"""A small OpenID provider: a real HTTP server with real keys, honest until it is told to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "harbour", "kept-by-the-provider"


@dataclass
class Person:
    """Who is signed in at the provider."""

    sub: str = "248289761001"
    name: str = "Rosa@Harbour.example"
    groups: tuple[str, ...] = ("analysts", "Not A Name")


@dataclass
class Provider:
    """The server. ``claims`` and ``header`` replace what an honest token says; ``sign`` signs it otherwise."""

    person: Person = field(default_factory=Person)
    claims: dict[str, Any] = field(default_factory=dict)
    sign: str = "honest"
    description: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    other: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def start(self) -> Provider:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where the browser goes after signing in."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Exchange a code: once, for the client, with the verifier whose digest came with the code's request."""
        asked = self.codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if authorization != f"Basic {basic}":
            return 401, {"error": "invalid_client"}
        if asked is None or base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": self.person.sub, "aud": CLIENT, "exp": now + 300, "iat": now,
            "nonce": asked["nonce"], "preferred_username": self.person.name, "groups": list(self.person.groups),
        }  # fmt: skip
        claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": self._signed(claims)}

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.sign == "none":
            parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
            return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
        if self.sign == "by its public key as a secret":
            public = self.key.as_pem(private=False)
            key = OctKey.import_key(base64.urlsafe_b64encode(public).decode())
            return jwt.encode({"alg": "HS256", "kid": "one"}, claims, key, algorithms=["HS256"])
        key = self.other if self.sign == "by another key" else self.key
        text = jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)
        if self.sign == "changed afterwards":
            head, body, tail = text.split(".")
            said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            body = base64.urlsafe_b64encode(json.dumps({**said, "groups": ["chiefs"]}).encode()).rstrip(b"=").decode()
            return f"{head}.{body}.{tail}"
        return text

    def about(self) -> dict[str, Any]:
        """Describe the provider."""
        ways = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return {"issuer": self.issuer, **{k: self.issuer + v for k, v in ways.items()}, **self.description}

    def keys(self) -> dict[str, Any]:
        return dict(KeySet([self.key]).as_dict(private=False))


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/authorize":
                self.send_response(303)
                self.send_header("Location", provider.authorize(asked))
                self.end_headers()
                return
            found = {"/.well-known/openid-configuration": provider.about, "/keys": provider.keys}.get(parts.path)
            self._say(200 if found else 404, found() if found else {})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(text).items()}
            self._say(*provider.token(form, self.headers.get("Authorization", "")))

        def _say(self, status: int, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
