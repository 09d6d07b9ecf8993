"""What a case asked is kept with its opening, and a learner's records can be erased once that is said."""

import sqlalchemy as sa
from alembic import op

from quizzes.migrations.triggers import append_only, erasable

revision = "0006"
down_revision = "0005"

_BY = {
    "attempt": "learner",
    "practice_session": "learner",
    "commit": "attempt_id",
    "viewing": "attempt_id",
    "drawing": "attempt_id",
    "rubric_score": "attempt_id",
    "session_attempt": "attempt_id",
    "session_event": "session_id",
}


def upgrade() -> None:
    """Create what is new."""
    op.add_column("session_attempt", sa.Column("asked", sa.JSON))
    op.create_table(
        "erasure",
        sa.Column("learner", sa.String(255), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
    )
    append_only("erasure", "learner = NEW.learner AND at = NEW.at")
    for table, by in _BY.items():
        erasable(table, by)
