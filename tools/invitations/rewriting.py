"""A draft in a language model's own words, kept only where it claims no more and no less than the draft."""

import re
from collections.abc import Callable, Iterable

Writer = Callable[[str], str | None]
"""A prompt in, a text out; None where no model answered."""

_LONGEST, _SHORTEST = 1.5, 0.5
_MARKED = re.compile(r"《[^》]*》|【[^】]*】")


def faithful(draft: str, written: str, keep: Iterable[str], claims: Iterable[re.Pattern[str]]) -> bool:
    """Whether ``written`` may stand for ``draft``: of its length, with every fact of ``keep`` and every mark.

    ``claims`` find figures, people, places and addresses; whatever they find must be found in the draft too.
    """
    if not _SHORTEST * len(draft) <= len(written) <= _LONGEST * len(draft):
        return False
    if any(fact not in written for fact in keep):
        return False
    if set(_MARKED.findall(written)) != set(_MARKED.findall(draft)):
        return False
    return all(set(claim.findall(written)) <= set(claim.findall(draft)) for claim in claims)
