"""Proxy mode: the header counts from named addresses only, and nothing a client sends changes the address."""

from typing import Any

import httpx
import pytest

URL = "/api/v1/customers?limit=1"


def asked(variant: Any, serve: Any, addresses: tuple[str, ...], headers: Any) -> httpx.Response:
    app = variant(auth="proxy", proxy_header="X-Authenticated-User", proxy_addresses=addresses)
    with serve(app) as url:
        return httpx.get(url + URL, headers=headers)


def test_a_trusted_proxy_names_the_caller(variant: Any, serve: Any, people: Any) -> None:
    answer = asked(variant, serve, ("127.0.0.0/8",), {"X-Authenticated-User": people.rm.id})
    assert answer.status_code == 200
    assert answer.json()["total"] > 0


@pytest.mark.parametrize(
    ("addresses", "headers"),
    [
        (("10.0.0.5",), {"X-Authenticated-User": "{rm}"}),
        (("10.0.0.5",), {"X-Authenticated-User": "{rm}", "X-Forwarded-For": "10.0.0.5"}),
        (
            ("10.0.0.5",),
            {"X-Authenticated-User": "{rm}", "Forwarded": "for=10.0.0.5"},
        ),
        (("127.0.0.1",), {}),
        (("127.0.0.1",), {"X-RM-Id": "{rm}"}),
        (("127.0.0.1",), {"X-Authenticated-User": ""}),
        (("127.0.0.1",), {"X-Authenticated-User": "x" * 65}),
        (("127.0.0.1",), [("X-Authenticated-User", "{rm}"), ("x-authenticated-user", "other")]),
    ],
)
def test_anything_else_is_refused(
    variant: Any, serve: Any, people: Any, addresses: Any, headers: Any
) -> None:
    pairs = headers.items() if isinstance(headers, dict) else headers
    filled = [(name, value.replace("{rm}", people.rm.id)) for name, value in pairs]
    assert asked(variant, serve, addresses, filled).status_code == 401
