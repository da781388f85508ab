"""The tables of the customer book, portable between SQLite and PostgreSQL."""

from sqlalchemy import JSON, Column, Date, Index, MetaData, Numeric, String, Table

metadata = MetaData()
managers = Table(
    "managers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
)
customers = Table(
    "customers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("manager_id", String(64), nullable=False, index=True),
    Column("name", String(64), nullable=False, index=True),
    # What the tools need is read as one validated value; only what is searched for has a column of its own.
    Column("record", JSON, nullable=False),
)
transactions = Table(
    "transactions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("customer_id", String(64), nullable=False),
    Column("booked_on", Date, nullable=False),
    Column("amount", Numeric(18, 2), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("channel", String(16), nullable=False),
    Index("ix_transactions_customer_booked", "customer_id", "booked_on"),
)
