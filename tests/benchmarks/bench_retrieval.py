"""Indexing and search at a scale of 100,000 chunks. Run by hand:

    python tests/benchmarks/bench_retrieval.py [chunks] [folder]

Prints the rate of indexing, the cost of a run over the unchanged folder, the latency of searches, the memory.
"""

import random
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from knowledge.chunks import cut
from knowledge.evaluation import QUESTIONS, Question
from knowledge.library import BUNDLED, open_library
from prompts.datafile import load_jsonl

PER_FILE = 100


def write_corpus(folder: Path, chunks: int) -> None:
    """Sections of the shipped documents' sentences in new orders, so that words are spread as in life."""
    texts = [path.read_text("utf-8").split("---\n", 2)[-1] for path in sorted(BUNDLED.rglob("*.md"))]
    sentences = [part.strip() for text in texts for part in text.split("。") if len(part.strip()) > 8]
    sentences = [part for part in sentences if not part.startswith("#") and "\n" not in part]
    pick = random.Random(7)
    for number in range(0, chunks, PER_FILE):
        sections = (_section(number + i, sentences, pick) for i in range(PER_FILE))
        (folder / f"f{number:06}.md").write_text(f"# 文档{number}\n\n" + "\n".join(sections), "utf-8")


def _section(number: int, sentences: list[str], pick: random.Random) -> str:
    body = "。".join(pick.sample(sentences, 4))
    return f"## 第{number}节 {pick.choice(sentences)[:16]}\n\n{body}。编号{number}。\n"


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    home = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp())
    documents = home / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    write_corpus(documents, wanted)
    sample = (documents / "f000000.md").read_text("utf-8")
    print(f"{len(cut('x', sample))} chunks a file")
    library = open_library(home / "data", documents=documents)
    started = time.perf_counter()
    report = library.ensure_built()
    first = time.perf_counter() - started
    print(f"indexed {report.chunks:,} chunks in {first:.1f} s: {report.chunks / first:,.0f} chunks/s")
    started = time.perf_counter()
    library.ensure_built()
    again = time.perf_counter() - started
    print(f"unchanged run {again:.2f} s: 1/{first / again:,.0f} of the first")
    started = time.perf_counter()
    library.search("热身")
    print(f"opened in {time.perf_counter() - started:.1f} s")
    taken = []
    for question in load_jsonl(QUESTIONS, Question):
        started = time.perf_counter()
        library.search(question.q)
        taken.append((time.perf_counter() - started) * 1000)
    high = statistics.quantiles(taken, n=20)[-1]
    print(f"search: median {statistics.median(taken):.1f} ms, p95 {high:.1f} ms")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
