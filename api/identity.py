"""Who is asking, from the request alone: demo header, bearer token, or a trusted proxy's header."""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, get_args

import jwt
from starlette.requests import HTTPConnection

from api.errors import Unauthenticated
from api.jwks import KeySet
from assistant.settings import Settings
from tools.base import Caller
from tools.values import Role

Identity = Callable[[HTTPConnection], Awaitable[Caller]]
"""Names the caller of a request. Raises Unauthenticated, and Unavailable where keys cannot be fetched."""

_ROLES: tuple[str, ...] = get_args(Role)
_MAX_ID = 64
DEMO_HEADER = "x-rm-id"


class Staff(Protocol):
    """Knows the bank's people."""

    def managers(self) -> tuple[Caller, ...]: ...


def identity_for(settings: Settings, staff: Staff, keys: KeySet | None = None) -> Identity:
    """The identity of the configured mode."""
    if settings.auth == "jwt":
        return _jwt(settings, keys or KeySet(settings.jwt_jwks_url or ""))
    if settings.auth == "proxy":
        return _proxy(settings, staff)
    return _demo(staff)


def demo_caller(given: str | None, staff: Staff) -> Caller:
    """The demo person ``given``, the first where None. Raises Unauthenticated for an unknown one."""
    people = staff.managers()
    if given is None:
        return next(p for p in people if p.role == "rm")
    found = next((p for p in people if p.id == given), None)
    if found is None:
        raise Unauthenticated("unknown_manager", given[:_MAX_ID])
    return found


def _demo(staff: Staff) -> Identity:
    async def identify(request: HTTPConnection) -> Caller:
        return demo_caller(_single(request, DEMO_HEADER), staff)

    return identify


def _proxy(settings: Settings, staff: Staff) -> Identity:
    trusted = [ipaddress.ip_network(address, strict=False) for address in settings.proxy_addresses]

    async def identify(request: HTTPConnection) -> Caller:
        peer = request.client.host if request.client else ""
        if not _within(peer, trusted):
            raise Unauthenticated("untrusted_proxy", request.headers.get(settings.proxy_header, "")[:_MAX_ID])
        id_ = _usable(_single(request, settings.proxy_header))
        known = next((p for p in staff.managers() if p.id == id_), None)
        return known or Caller(id_, id_)

    return identify


def _jwt(settings: Settings, keys: KeySet) -> Identity:
    # An algorithm list that lets the public key act as a shared secret is how tokens are forged.
    allowed = [a for a in settings.jwt_algorithms if a.lower() != "none" and not a.startswith("HS")]

    async def identify(request: HTTPConnection) -> Caller:
        token = _bearer(request)
        try:
            head = jwt.get_unverified_header(token)
            if head.get("alg") not in allowed:
                raise Unauthenticated("token_invalid", _claimed(token))
            key = await keys.find(head.get("kid"))
            claims = jwt.decode(
                token,
                key,
                algorithms=allowed,
                audience=settings.jwt_audience,
                issuer=settings.jwt_issuer,
                leeway=settings.jwt_leeway_s,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("token_expired", _claimed(token)) from error
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Unauthenticated("token_invalid", _claimed(token)) from error
        return _of_claims(claims)

    return identify


def _of_claims(claims: dict[str, Any]) -> Caller:
    id_ = _usable(str(claims["sub"]))
    role = claims.get("role", "rm")
    if role not in _ROLES:
        raise Unauthenticated("token_invalid", id_)
    return Caller(id_, str(claims.get("name", id_))[:_MAX_ID], role)


def _claimed(token: str) -> str:
    """Whom a refused token names. Nothing of it is believed: it is for the record."""
    try:
        return str(jwt.decode(token, options={"verify_signature": False}).get("sub", ""))[:_MAX_ID]
    except (jwt.PyJWTError, ValueError, TypeError):
        return ""


def _bearer(request: HTTPConnection) -> str:
    scheme, _, token = (_single(request, "authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("token_missing")
    return token.strip()


def _single(request: HTTPConnection, header: str) -> str | None:
    """The header's value; given twice it names nobody, since proxies and servers pick different ones."""
    values = request.headers.getlist(header)
    if len(values) > 1:
        raise Unauthenticated("header_repeated")
    return values[0].strip() if values else None


def _usable(id_: str | None) -> str:
    if not id_ or len(id_) > _MAX_ID or not id_.isprintable():
        raise Unauthenticated("unauthenticated", (id_ or "")[:_MAX_ID])
    return id_


def _within(address: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
