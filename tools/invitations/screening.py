"""Parts of a request that no lawful copy may hold: found through the findings on a draft, named, left out."""

import re
from collections.abc import Iterable

from tools.compliance.report import Finding
from tools.invitations.letters import Lexicon, Words
from tools.invitations.model import Event


def offences(event: Event, text: str, findings: Iterable[Finding]) -> dict[str, Finding]:
    """Given parts of ``event`` that a finding on ``text`` touches, with the first finding that does."""
    parts = (event.title, event.theme, event.host, event.venue, *event.highlights)
    serious = [finding for finding in findings if finding.severity != "info"]
    touched: dict[str, Finding] = {}
    for part in filter(None, parts):
        places = [place.span() for place in re.finditer(re.escape(part), text)]
        hit = next(
            (f for f in serious if any(f.start < end and start < f.end for start, end in places)), None
        )
        if hit:
            touched[part] = hit
    return touched


def without(
    event: Event, touched: dict[str, Finding], lexicon: Lexicon, words: Words
) -> tuple[Event, tuple[str, ...]]:
    """``event`` without the touched parts, the title replaced by a plain one; and the notices that say so."""
    update: dict[str, object] = {
        name: None for name in ("theme", "host", "venue") if getattr(event, name) in touched
    }
    update["highlights"] = tuple(item for item in event.highlights if item not in touched)
    instead = ""
    if event.title in touched:
        update["title"] = instead = _plain_title(event.title, touched[event.title], lexicon, words)
    notices = (
        words.notices["title_replaced" if part == event.title else "part_removed"].format(
            part=part, reason=finding.reason, instead=instead
        )
        for part, finding in touched.items()
    )
    return event.model_copy(update=update), tuple(notices)


def _plain_title(title: str, finding: Finding, lexicon: Lexicon, words: Words) -> str:
    """The event word left beside the finding (理财讲座), else the kind of event, else a marked blank."""
    rest = title.replace(finding.text, "\0")
    known = sorted((word for word, _, _ in lexicon.events if word in rest), key=len, reverse=True)
    if known and rest != title and known[0] not in lexicon.kinds:
        return known[0]
    kind = next((kind for kind in lexicon.kinds if kind in title), "")
    return words.words["safe_title"].format(kind=kind) if kind else words.words["blank_title"]
