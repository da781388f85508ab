"""`segment`, `gifts`, `invite`: the same functions as behind HTTP, with the same arguments."""

from argparse import Namespace
from typing import Any

from pydantic import ValidationError

from api.cli.main import Fault
from api.cli.opening import caller_of, open_house, settings_of
from api.cli.wording import explained

_TOOLS = {"segment": "lookup_segment", "gifts": "recommend_gifts", "invite": "draft_invitation"}
_EVENT = ("title", "theme", "starts_at", "venue", "host", "highlights", "seats", "rsvp_by")
_OURS = {"verb", "module", "action", "who", "json", "data_dir"}


def run(given: Namespace) -> int:
    """Run the verb's tool and print its answer as text or JSON."""
    house = open_house(settings_of(given))
    spec = house.tools[_TOOLS[given.verb]]
    try:
        answer = spec.call(arguments(given), caller_of(given, house))
    except ValidationError as error:
        raise Fault(explained(error)) from error
    print(answer.model_dump_json(indent=2) if given.json else spec.render(answer, "zh"))
    return 0


def arguments(given: Namespace) -> dict[str, Any]:
    """The tool's arguments: what was given, an invitation's event in its place."""
    asked = {k: v for k, v in vars(given).items() if k not in _OURS and v is not None}
    if given.verb == "invite":
        asked["event"] = {name: asked.pop(name) for name in _EVENT if name in asked}
    return asked
