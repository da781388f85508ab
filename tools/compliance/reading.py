"""The form of ``reading.yaml``. Apart from the packs, because a check needs it and never their source form."""

from prompts.datafile import Frozen
from tools.values import Channel, Product

Texts = tuple[str, ...]


class Reading(Frozen):
    """``reading.yaml``: how text is read before any rule sees it, and which products it promotes."""

    emoji: dict[str, str]
    variants: dict[str, Texts]
    homophone_terms: Texts
    homophones: dict[str, str]
    ordinary_spellings: str
    """Between blanks: homophones of terms that are no evasion."""
    negators: Texts
    false_negators: Texts
    negation_fillers: Texts
    denials_after: Texts
    warnings: Texts
    quoting: Texts
    refuting_openings: Texts
    warned_objects: Texts
    resumed_promise: Texts
    question_marks: Texts
    rhetorical: Texts
    affirmed: Texts
    exempt: Texts
    boilerplate: Texts
    product_names: Texts
    products: dict[Product, Texts]
    channels: dict[Channel, Texts]
    notes: dict[str, str]
    common_words: str
    """Between blanks; see ``Guards.across_words``."""
