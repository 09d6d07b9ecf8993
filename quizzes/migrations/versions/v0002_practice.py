"""Practice sessions, tallies of items, and append-only tables on every database."""

import sqlalchemy as sa
from alembic import op

from quizzes.migrations.triggers import append_only

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create what is new."""
    # The first Readout looks here, and refuses a database that is newer than itself.
    op.bulk_insert(sa.table("schema_version", sa.column("version")), [{"version": 2}])
    if op.get_bind().dialect.name != "sqlite":
        append_only("attempt", "")
        append_only("commit", "")
    op.create_index("attempt_by_case", "attempt", ["case_slug", "started_at"])
    _sessions()
    _tallies()


def _sessions() -> None:
    op.create_table(
        "practice_session",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("learner", sa.String(255), nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
    )
    op.create_index("practice_session_by_learner", "practice_session", ["learner", "started_at"])
    op.create_table(
        "session_attempt",
        sa.Column("attempt_id", sa.String(36), sa.ForeignKey("attempt.id"), primary_key=True),
        sa.Column("session_id", sa.String(36), sa.ForeignKey("practice_session.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.UniqueConstraint("session_id", "position"),
    )
    op.create_table(
        "session_event",
        sa.Column("session_id", sa.String(36), sa.ForeignKey("practice_session.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    append_only("practice_session", "id = NEW.id")
    append_only(
        "session_attempt",
        "attempt_id = NEW.attempt_id OR (session_id = NEW.session_id AND position = NEW.position)",
    )
    append_only("session_event", "session_id = NEW.session_id AND number = NEW.number")


def _tallies() -> None:
    sums = ("right_n", "x", "xx", "pairs", "px", "pxx", "r", "rr", "xr", "log_s")
    op.create_table(
        "item_tally",
        *_item(),
        sa.Column("n", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Float, nullable=False) for name in sums),
    )
    op.create_table(
        "answer_tally",
        *_item(),
        sa.Column("answer", sa.String(300), primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
    )


def _item() -> list[sa.Column[str]]:
    keys = {"case_slug": 100, "question_id": 64, "case_version": 64}
    return [sa.Column(name, sa.String(length), primary_key=True) for name, length in keys.items()]
