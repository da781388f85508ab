"""Advice over 5,000 gifts: p50 and p95 in milliseconds, beside a plain linear scan over the same catalogue.

Run: python tests/benchmarks/bench_gifts.py [GIFTS] [REQUESTS]
"""

import csv
import itertools
import random
import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tools.base import Caller
from tools.gifts.advisor import GiftAdvisor, open_advisor
from tools.gifts.catalogue import CATALOGUE_FILE, SHIPPED, Gift
from tools.gifts.model import GiftRequest
from tools.values import OCCASIONS, SEGMENTS

LIMIT_MS = 20.0
CALLER = Caller("bench", "bench")
TODAY = date(2026, 11, 10)


def grow(target: Path, count: int) -> None:
    """The shipped catalogue repeated with new ids, names and prices until it has ``count`` rows."""
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    chance = random.Random(7)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        for number, row in enumerate(itertools.islice(itertools.cycle(rows), count)):
            price = round(float(row["price"]) * chance.uniform(0.7, 1.3), 2)
            name = f"{row['name']}{number}"
            writer.writerow(row | {"gift_id": f"B{number:05d}", "name": name, "price": price})


def requests(count: int) -> list[GiftRequest]:
    chance = random.Random(11)
    words = ["茶", "实用的", "健康类", "给小孩的", "寓意好", "不要酒", "科技感", "蓝牙耳机"]
    return [
        GiftRequest(
            segment=chance.choice(SEGMENTS),
            occasion=chance.choice(OCCASIONS),
            budget=chance.choice([None, 100, 300, 500, 2000]),
            preferences=tuple(chance.sample(words, chance.randint(0, 3))),
            exclude=("吃的",) if chance.random() < 0.2 else (),
        )
        for _ in range(count)
    ]


def linear_scan(gifts: tuple[Gift, ...], request: GiftRequest) -> list[Gift]:
    """The baseline: one pass with the simplest filters and a three-part score, no words, no variety."""
    cap = request.budget or 800
    fit = [
        gift
        for gift in gifts
        if gift.price <= cap
        and gift.stock > gift.warn_at
        and (not gift.occasions or request.occasion in gift.occasions)
    ]
    fit.sort(key=lambda g: -(float(g.price / cap) + bool(g.occasions) + (request.segment in g.personas)))
    return fit[: request.top_k]


def milliseconds(run, asked: list[GiftRequest]) -> list[float]:
    times = []
    for request in asked:
        start = time.perf_counter()
        run(request)
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)


def main(gifts: int = 5000, count: int = 400) -> int:
    with tempfile.TemporaryDirectory() as folder:
        grow(Path(folder) / CATALOGUE_FILE, gifts)
        advisor: GiftAdvisor = open_advisor(Path(folder), None, None, lambda: TODAY)
        started = time.perf_counter()
        catalogue = advisor._catalogue.current()
        loading = time.perf_counter() - started
        asked = requests(count)
        milliseconds(lambda r: advisor.recommend(r, CALLER), asked[:20])
        ours = milliseconds(lambda r: advisor.recommend(r, CALLER), asked)
        plain = milliseconds(lambda r: linear_scan(catalogue.gifts, r), asked)
    p95 = ours[int(len(ours) * 0.95)]
    print(f"gifts {len(catalogue)}, requests {count}, catalogue loaded in {loading:.2f} s")
    print(f"advice       p50 {statistics.median(ours):6.2f} ms   p95 {p95:6.2f} ms   max {ours[-1]:6.2f} ms")
    scan95, ratio = plain[int(len(plain) * 0.95)], statistics.median(ours) / statistics.median(plain)
    print(f"linear scan  p50 {statistics.median(plain):6.2f} ms   p95 {scan95:6.2f} ms")
    print(f"ratio advice / linear scan at the median: {ratio:.2f}")
    return 0 if p95 <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
