"""A real server over HTTP, and the people who call it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import httpx
import pytest
from starlette.types import ASGIApp

from api.app import create_app
from assistant.build import House
from tools.base import Caller
from tools.segments.model import CustomerFilter, ListCustomers

Serve = Callable[[ASGIApp], AbstractContextManager[str]]


@dataclass(frozen=True)
class People:
    """Demo people by role, and a customer of each of the first two managers."""

    rm: Caller
    other: Caller
    compliance: Caller
    admin: Caller
    customer: str
    foreign: str


@pytest.fixture(scope="session")
def base_url(serve: Serve, house: House) -> Iterator[str]:
    with serve(create_app(house)) as url:
        yield url


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, timeout=30) as made:
        yield made


@pytest.fixture(scope="session")
def people(house: House) -> People:
    staff = house.customers.managers()
    managers = [p for p in staff if p.role == "rm"]

    def customer_of(caller: Caller) -> str:
        wanted = ListCustomers(filter=CustomerFilter(limit=1))
        return house.segments.list(wanted, caller).customers[0].id

    return People(
        rm=managers[0],
        other=managers[1],
        compliance=next(p for p in staff if p.role == "compliance"),
        admin=next(p for p in staff if p.role == "admin"),
        customer=customer_of(managers[0]),
        foreign=customer_of(managers[1]),
    )
