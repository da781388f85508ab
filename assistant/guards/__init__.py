"""What an answer must pass before a person sees it, whichever model wrote it.

``GUARDS`` is the policy: each guard takes one block of the answer and the evidence of the turn, and gives
the block back as it may be shown, with a notice code where it changed something. They run in this order.
"""

from collections.abc import Callable

from assistant.guards.citing import existing_citations_only
from assistant.guards.drafts import checked_drafts_only
from assistant.guards.evidence import Evidence, Passed
from assistant.guards.grounding import grounded_figures_only
from assistant.guards.naming import known_names_only, own_instructions_kept
from assistant.guards.unmasking import own_data_restored
from assistant.guards.verdicts import earned_verdicts_only

Guard = Callable[[str, Evidence], Passed]

GUARDS: tuple[Guard, ...] = (
    own_data_restored,
    own_instructions_kept,
    existing_citations_only,
    checked_drafts_only,
    earned_verdicts_only,
    known_names_only,
    grounded_figures_only,
)


def guarded(block: str, evidence: Evidence) -> tuple[str, tuple[str, ...]]:
    """The block after every guard, with the codes of the notices that it caused."""
    codes: list[str] = []
    for guard in GUARDS:
        block, code = guard(block, evidence)
        if code:
            codes.append(code)
    return block, tuple(codes)


__all__ = ["GUARDS", "Evidence", "Passed", "guarded"]
