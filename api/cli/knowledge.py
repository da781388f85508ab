"""`knowledge`: add, search, list, remove."""

import sys
from argparse import Namespace

from pydantic import TypeAdapter

from api.cli.opening import caller_of, open_house, progress, settings_of
from assistant.build import House
from knowledge.base import DocumentInfo, Passage
from tools.errors import NotFound

_CONSOLE = "console"


def run(given: Namespace) -> int:
    """Run the action; changes are recorded in the audit."""
    house = open_house(settings_of(given))
    return {"add": _add, "search": _search, "list": _list, "remove": _remove}[given.action](given, house)


def _add(given: Namespace, house: House) -> int:
    with progress() as report:
        done = house.knowledge.ingest(given.paths, report)
    entry = {"added": done.added, "changed": done.changed, "removed": done.removed, "revision": done.revision}
    house.audit.append(_CONSOLE, [("knowledge_change", entry)])
    if given.json:
        print(done.model_dump_json(indent=2))
    else:
        changes = f"+{len(done.added)} ~{len(done.changed)} -{len(done.removed)} ={done.unchanged}"
        print(f"{changes}, {done.chunks} chunks, revision {done.revision}")
    for problem in done.problems:
        values = problem.model_dump(exclude={"code"})
        print(f"{problem.severity}:", house.texts.notice(problem.code, **values), file=sys.stderr)
    return int(any(p.severity == "skipped" for p in done.problems))


def _search(given: Namespace, house: House) -> int:
    found = house.knowledge.search(given.query, top_k=given.top_k, role=caller_of(given, house).role)
    if given.json:
        print(TypeAdapter(tuple[Passage, ...]).dump_json(found, indent=2).decode())
    else:
        for n, passage in enumerate(found, 1):
            print(f"[{n}] {passage.score:.3f} 《{passage.title}》{passage.section}\n{passage.text}\n")
    return 0


def _list(given: Namespace, house: House) -> int:
    found = house.knowledge.documents(role=caller_of(given, house).role)
    if given.json:
        print(TypeAdapter(tuple[DocumentInfo, ...]).dump_json(found, indent=2).decode())
    else:
        for document in found:
            print(f"{document.id}\t{document.kind}\t{document.chunks}\t{document.title}")
    return 0


def _remove(given: Namespace, house: House) -> int:
    if not house.knowledge.remove(given.document):
        raise NotFound("document", given.document)
    entry = {"removed": [given.document], "revision": house.knowledge.revision}
    house.audit.append(_CONSOLE, [("knowledge_change", entry)])
    return 0
