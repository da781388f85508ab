"""A draft as the short Markdown that a model reads and a chat shows."""

from functools import cache

from prompts.datafile import Frozen, load_yaml
from tools.invitations.letters import FOLDER
from tools.invitations.model import InvitationDraft, Variant
from tools.values import Channel, Language


class Labels(Frozen):
    """Headings of one language."""

    heading: str
    segments: str
    missing: str
    approval: str
    follow_ups: str
    join: str
    channels: dict[Channel, str]


@cache
def load_labels() -> dict[Language, Labels]:
    """Headings by language. Raises DataFileError."""
    return load_yaml(FOLDER / "render.yaml", dict[Language, Labels])


def render(draft: InvitationDraft, language: Language, labels: dict[Language, Labels] | None = None) -> str:
    """Every variant as a block quote, then what is missing, the follow-ups and the notices."""
    words = (labels or load_labels())[language]
    blocks = [_block(number, variant, words) for number, variant in enumerate(draft.variants, 1)]
    if draft.variants:
        blocks.append(words.approval)
    if draft.variants and draft.missing_details:
        blocks.append(words.missing.format(items=words.join.join(draft.missing_details)))
    if draft.follow_ups:
        blocks.append("\n".join((words.follow_ups, *(f"- {s.when} {s.action}" for s in draft.follow_ups))))
    return "\n\n".join((*blocks, *draft.notices))


def _block(number: int, variant: Variant, words: Labels) -> str:
    count = words.segments.format(count=variant.sms_segments) if variant.sms_segments else ""
    heading = words.heading.format(
        n=number, channel=words.channels[variant.channel], characters=variant.characters, segments=count
    )
    return heading + "\n\n" + "\n".join("> " + line for line in variant.text.splitlines())
