"""The bundled rules, compiled once for all tests of this folder."""

from datetime import date

import pytest

from tools.compliance.engine import Engine
from tools.compliance.loading import Sources, compile_sources, read_sources
from tools.compliance.packfiles import BUNDLED
from tools.compliance.ruleset import Ruleset

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="session")
def sources() -> Sources:
    return read_sources([BUNDLED])


@pytest.fixture(scope="session")
def engine(sources: Sources) -> Engine:
    return Engine(Ruleset(compile_sources(sources)))
