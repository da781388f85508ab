"""Real signed tokens against a key server that rotates its keys."""

import base64
import hmac
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import anyio
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.jwks import KeySet

ISSUER, AUDIENCE = "https://login.example", "rm-assistant"
URL = "/api/v1/conversations"


class KeyServer:
    """Publishes public keys; holds the private ones."""

    def __init__(self) -> None:
        self.private: dict[str, Any] = {}
        self.fetches = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.fetches += 1
                body = json.dumps(outer.published()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/jwks.json"

    def published(self) -> dict[str, Any]:
        keys = []
        for kid, key in self.private.items():
            algorithm = (
                jwt.algorithms.RSAAlgorithm
                if isinstance(key, rsa.RSAPrivateKey)
                else jwt.algorithms.ECAlgorithm
            )
            keys.append(json.loads(algorithm.to_jwk(key.public_key())) | {"kid": kid, "use": "sig"})
        return {"keys": keys}


@pytest.fixture(scope="module")
def keys() -> Iterator[KeyServer]:
    server = KeyServer()
    server.private["first"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    server.private["curve"] = ec.generate_private_key(ec.SECP256R1())
    yield server
    server.server.shutdown()


@pytest.fixture(scope="module")
def api(keys: KeyServer, variant: Any, serve: Any) -> Iterator[httpx.Client]:
    app = variant(auth="jwt", jwt_jwks_url=keys.url, jwt_issuer=ISSUER, jwt_audience=AUDIENCE)
    with serve(app) as url, httpx.Client(base_url=url) as client:
        yield client


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    full = {"sub": "staff-7", "name": "测试员", "iss": ISSUER, "aud": AUDIENCE, "exp": now + 300, "iat": now}
    return {k: v for k, v in (full | changes).items() if v is not None}


def token(keys: KeyServer, kid: str = "first", algorithm: str = "RS256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), keys.private[kid], algorithm, headers={"kid": kid})


def ask(api: httpx.Client, bearer: str) -> httpx.Response:
    return api.get(URL, headers={"Authorization": f"Bearer {bearer}"})


def test_good_tokens_are_let_in(api: httpx.Client, keys: KeyServer) -> None:
    assert ask(api, token(keys)).status_code == 200
    assert ask(api, token(keys, "curve", "ES256")).status_code == 200
    assert ask(api, token(keys, exp=int(time.time()) - 10)).status_code == 200, "within the leeway"


NOW = int(time.time())
BAD = {
    "expired": ({"exp": NOW - 600}, "token_expired"),
    "not yet": ({"nbf": NOW + 600}, "token_invalid"),
    "foreign issuer": ({"iss": "https://evil.example"}, "token_invalid"),
    "foreign audience": ({"aud": "another-service"}, "token_invalid"),
    "no expiry": ({"exp": None}, "token_invalid"),
    "no subject": ({"sub": None}, "token_invalid"),
    "no audience": ({"aud": None}, "token_invalid"),
    "unknown role": ({"role": "root"}, "token_invalid"),
    "endless subject": ({"sub": "x" * 500}, "unauthenticated"),
}


@pytest.mark.parametrize(("changes", "code"), BAD.values(), ids=BAD)
def test_bad_claims_are_refused(
    api: httpx.Client, keys: KeyServer, changes: dict[str, Any], code: str
) -> None:
    answer = ask(api, token(keys, **changes))
    assert answer.status_code == 401
    assert answer.json()["type"].endswith(code)
    assert answer.headers["www-authenticate"] == "Bearer"


def signed_with_secret(secret: bytes) -> str:
    """The public key taken for a shared secret: the library would refuse to make such a token."""
    parts = [{"alg": "HS256", "typ": "JWT", "kid": "first"}, claims()]
    head = b".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(secret, head, "sha256")).rstrip(b"=")
    return (head + b"." + signature).decode()


def test_forged_signatures_are_refused(api: httpx.Client, keys: KeyServer) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = keys.private["first"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    forged = [
        jwt.encode(claims(), stranger, "RS256", headers={"kid": "first"}),
        jwt.encode(claims(), stranger, "RS256", headers={"kid": "never-published"}),
        jwt.encode(claims(), None, "none", headers={"kid": "first"}),
        signed_with_secret(public),
        token(keys)[:-6] + "AAAAAA",
        "not.a.token",
        "x",
    ]
    assert {ask(api, f).status_code for f in forged} == {401}


def test_no_token_and_other_identities_are_refused(api: httpx.Client) -> None:
    assert api.get(URL).status_code == 401
    assert api.get(URL, headers={"X-RM-Id": "anyone"}).status_code == 401
    assert api.get(URL, headers={"Authorization": "Basic eDp5"}).status_code == 401


def test_a_new_key_is_found_when_a_token_names_it(keys: KeyServer) -> None:
    clock = [0.0]
    known = KeySet(keys.url, now=lambda: clock[0])
    before = keys.fetches

    async def rotate() -> None:
        await known.find("first")
        await known.find("first")
        assert keys.fetches == before + 1, "keys are kept"
        keys.private["second"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        with pytest.raises(jwt.InvalidKeyError):
            await known.find(
                "second"
            )  # too soon after the last fetch: unknown kids must not flood the provider
        clock[0] += 6
        await known.find("second")
        assert keys.fetches == before + 2

    anyio.run(rotate)


def test_roles_come_from_the_token(api: httpx.Client, keys: KeyServer) -> None:
    path = "/api/v1/knowledge/documents/absent"
    for role, status in (("rm", 403), ("compliance", 403), ("admin", 404)):
        bearer = {"Authorization": f"Bearer {token(keys, role=role)}"}
        assert api.delete(path, headers=bearer).status_code == status


def test_keys_that_cannot_be_fetched_are_the_operators_matter(
    variant: Any, serve: Any, keys: KeyServer
) -> None:
    app = variant(
        auth="jwt", jwt_jwks_url="http://127.0.0.1:9/none", jwt_issuer=ISSUER, jwt_audience=AUDIENCE
    )
    with serve(app) as url, httpx.Client(base_url=url) as client:
        assert ask(client, token(keys)).status_code == 503
