"""`chat`: one question or a conversation, streaming; the same turn as at every other door."""

import asyncio
import sys
from argparse import Namespace
from collections.abc import Iterator

from api.cli.main import Fault
from api.cli.opening import caller_of, open_house, settings_of
from assistant.build import House
from assistant.errors import EmptyMessage, MessageTooLong
from assistant.events import ChatReply, Event, Notice, TextDelta, TextWithdrawn, ToolStarted, TurnFinished
from tools.base import Caller


def run(given: Namespace) -> int:
    """Ask MESSAGE, or read questions until the end of input."""
    house = open_house(settings_of(given))
    caller = caller_of(given, house)
    conversation = given.conversation
    for message in _questions(given.message):
        reply = asyncio.run(_ask(house, caller, message, conversation, quiet=given.json))
        conversation = reply.conversation_id
        if given.json:
            print(reply.model_dump_json())
    return 0


def _questions(message: str | None) -> Iterator[str]:
    if message is not None:
        yield message
        return
    import readline  # noqa: F401  (gives input() its history and editing)

    prompt = "> " if sys.stdin.isatty() else ""
    while True:
        try:
            said = input(prompt).strip()
        except EOFError:
            return
        if said:
            yield said


async def _ask(
    house: House, caller: Caller, message: str, conversation: str | None, *, quiet: bool
) -> ChatReply:
    try:
        async for event in house.turns.run(message, caller, conversation):
            if not quiet:
                _show(event)
            if isinstance(event, TurnFinished):
                return event.reply
    except (EmptyMessage, MessageTooLong) as error:
        raise Fault(house.texts.notice(error.code, "zh", **_values(error))) from error
    raise Fault(house.texts.notice("internal"))


def _show(event: Event) -> None:
    """Text to standard output as it comes, everything beside it to standard error."""
    if isinstance(event, TextDelta):
        print(event.text, end="", flush=True)
    elif isinstance(event, TextWithdrawn):
        print("\n---", flush=True)
    elif isinstance(event, ToolStarted):
        print(f"· {event.name}", file=sys.stderr, flush=True)
    elif isinstance(event, Notice):
        print(f"! {event.text}", file=sys.stderr, flush=True)
    elif isinstance(event, TurnFinished):
        print()
        for c in event.reply.citations:
            print(f"[{c.n}] 《{c.title}》{c.section}")


def _values(error: Exception) -> dict[str, object]:
    return {name: value for name, value in vars(error).items() if name != "code"}
