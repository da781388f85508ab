"""Two customers of one name: the manager is asked which, sees what tells them apart, and chooses in a word."""

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from api.chat import collected

if TYPE_CHECKING:
    from assistant.build import House
    from assistant.events import ChatReply
    from tools.base import Caller


@pytest.fixture
def namesakes(house: "House") -> "tuple[Caller, str, list[str]]":
    """A manager, a name shared in that book, and who bears it."""
    for manager in house.customers.managers():
        names = house.customers.names(manager)
        shared = [name for name, times in Counter(name for _, name in names).items() if times > 1]
        if manager.role == "rm" and shared:
            return manager, shared[0], [id_ for id_, name in names if name == shared[0]]
    raise AssertionError("the demo book has no namesakes")


def say(house: "House", caller: "Caller", message: str, conversation: str | None = None) -> "ChatReply":
    return asyncio.run(collected(house.turns.run(message, caller, conversation)))


@pytest.mark.parametrize("answer", ["第二个", "{id}"])
def test_which_of_them_is_asked_and_answered(
    house: "House", namesakes: "tuple[Caller, str, list[str]]", answer: str
) -> None:
    caller, name, ids = namesakes
    first = say(house, caller, f"查一下{name}的情况")
    assert all(id_ in first.text for id_ in ids) and "？" in first.text
    assert not first.notices
    second = say(house, caller, answer.format(id=ids[1]), first.conversation_id)
    (call,) = second.tool_calls
    assert (call.name, call.status) == ("lookup_segment", "ok")
    chosen = ids[1] if "{" in answer else call.args["customer"]
    assert call.args["customer"] == chosen in ids
