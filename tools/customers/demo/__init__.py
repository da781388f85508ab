"""A demo book that feels real and is nobody's: made from a fixed seed and the words in ``vocab.yaml``."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import Engine

from tools.customers.demo.people import make_book
from tools.customers.demo.vocab import load_vocab
from tools.customers.store import CustomerStore

SEED = 20261123


def build_demo(
    engine: Engine, today: date, progress: Callable[[str, int, int], None], seed: int = SEED
) -> None:
    """Fill empty tables with managers, customers and 18 months of transactions up to ``today``."""
    progress("demo", 0, 2)
    book = make_book(load_vocab(), today, seed)
    progress("demo", 1, 2)
    CustomerStore(engine).add(book.staff, book.customers, book.transactions)
    progress("demo", 2, 2)
