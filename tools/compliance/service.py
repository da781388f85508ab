"""The rule set in force, replaced as a whole: a broken pack is refused and the old set stays."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from tools.compliance.engine import Engine
from tools.compliance.packfiles import BUNDLED
from tools.compliance.report import CheckRequest, ComplianceReport
from tools.compliance.ruleset import Ruleset
from tools.compliance.store import load_ruleset


class ComplianceService:
    """The bundled rules with ``overlays``, loaded now and on ``reload``; ``today`` dates the checks."""

    def __init__(
        self,
        today: Callable[[], date],
        overlays: Sequence[Path] = (),
        cache: Path | None = None,
    ) -> None:
        self._today = today
        self._folders = (BUNDLED, *overlays)
        self._cache = cache
        self._engine = Engine(load_ruleset(self._folders, cache))

    @property
    def ruleset(self) -> Ruleset:
        """The rule set in force."""
        return self._engine.ruleset

    def reload(self) -> Ruleset:
        """Read the packs again. Raises DataFileError and keeps the old set where one of them is broken."""
        self._engine = Engine(load_ruleset(self._folders, self._cache))
        return self._engine.ruleset

    def check(self, request: CheckRequest, as_of: date | None = None) -> ComplianceReport:
        """The report on ``request`` under the law of ``as_of``, by default today."""
        return self._engine.check(request, as_of or self._today())
