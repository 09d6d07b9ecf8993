"""Attempts and commits, as the first Readout made them."""

import sqlalchemy as sa
from alembic import op

from quizzes.migrations.triggers import append_only

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables; triggers in SQLite only, as it was."""
    op.create_table("schema_version", sa.Column("version", sa.Integer, primary_key=True))
    op.bulk_insert(sa.table("schema_version", sa.column("version")), [{"version": 1}])
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("learner", sa.String(255), nullable=False),
        sa.Column("case_slug", sa.String(100), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("case_version", sa.String(64), nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.UniqueConstraint("learner", "case_slug", "number"),
    )
    op.create_table(
        "commit",
        sa.Column("attempt_id", sa.String(36), sa.ForeignKey("attempt.id"), primary_key=True),
        sa.Column("question_id", sa.String(64), primary_key=True),
        sa.Column("answer", sa.JSON, nullable=False),
        sa.Column("confidence", sa.Float, sa.CheckConstraint("confidence BETWEEN 0.5 AND 1"), nullable=False),
        sa.Column("score", sa.Float, sa.CheckConstraint("score BETWEEN 0 AND 1"), nullable=False),
        sa.Column("parts", sa.JSON, nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
        sa.Column("top1", sa.Boolean),
        sa.Column("top3", sa.Boolean),
        sa.Column("hit", sa.Boolean),
        sa.Column("distance", sa.Float),
        sa.Column("unit", sa.String(2), nullable=False),
        sa.Column("committed_at", _TIME, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        append_only(
            "attempt", "id = NEW.id OR (learner = NEW.learner AND case_slug = NEW.case_slug AND number = NEW.number)"
        )
        append_only("commit", "attempt_id = NEW.attempt_id AND question_id = NEW.question_id")
