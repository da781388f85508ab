"""The newest row of the audit chain, kept beside it, so that rows cut off its end are missed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_head",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    newest = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
    op.execute(f"INSERT INTO audit_head (seq, hash) SELECT seq, hash FROM ({newest}) AS newest")  # noqa: S608


def downgrade() -> None:
    op.drop_table("audit_head")
