"""`audit`: verify the chain, export it, show one conversation, erase and expire payloads."""

import json
from argparse import Namespace
from datetime import timedelta

from api.cli.opening import open_house, settings_of
from assistant.build import House
from tools.base import Caller
from tools.errors import NotFound

_CONSOLE = "console"


def run(given: Namespace) -> int:
    """Run the action."""
    house = open_house(settings_of(given))
    actions = {"verify": _verify, "export": _rows, "show": _rows, "erase": _erase, "expire": _expire}
    return actions[given.action](given, house)


def _verify(_given: Namespace, house: House) -> int:
    report = house.audit.verify()
    if report.broken_at is not None:
        print(f"broken: {report.problem}")
        return 1
    print(f"{report.rows} rows, the chain holds")
    return 0


def _rows(given: Namespace, house: House) -> int:
    conversation, after = getattr(given, "conversation", None), getattr(given, "after", 0)
    for row in house.audit.rows(conversation, after):
        print(json.dumps(row.model_dump(mode="json"), ensure_ascii=False))
    return 0


def _erase(given: Namespace, house: House) -> int:
    """What mentions a customer, or one conversation, leaves transcript and trail; the chain still holds."""
    words = _words_for(given.mentions, house)
    gone = house.transcript.forget(*words)
    emptied = sum(house.audit.erase_conversation(_CONSOLE, id_) for id_ in gone)
    emptied += house.audit.erase_conversation(_CONSOLE, given.mentions) + house.audit.erase(_CONSOLE, *words)
    print(f"{len(gone)} conversations and {emptied} payloads removed")
    return 0


def _words_for(subject: str, house: House) -> tuple[str, ...]:
    """All that a customer goes by, where ``subject`` is one's id; else ``subject`` itself."""
    try:
        customer = house.customers.get(subject, Caller(_CONSOLE, _CONSOLE, "admin"))
    except NotFound:
        return (subject,)
    return tuple(word for word in (customer.id, customer.name, customer.mobile, customer.id_card) if word)


def _expire(_given: Namespace, house: House) -> int:
    before = house.clock() - timedelta(days=house.settings.audit_retention_days)
    gone = house.transcript.expire(before)
    print(f"{gone} conversations and {house.audit.expire(_CONSOLE, before)} payloads removed")
    return 0
