"""What was on screen during an attempt, what was drawn in it, and what people made of its reports."""

import sqlalchemy as sa
from alembic import op

from quizzes.migrations.triggers import append_only

revision = "0003"
down_revision = "0002"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create what is new."""
    op.create_table(
        "viewing",
        sa.Column("attempt_id", sa.String(36), sa.ForeignKey("attempt.id"), primary_key=True),
        sa.Column("mount", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("runs", sa.JSON, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
    )
    append_only("viewing", "attempt_id = NEW.attempt_id AND mount = NEW.mount AND number = NEW.number")
    op.create_table(
        "drawing",
        sa.Column("attempt_id", sa.String(36), sa.ForeignKey("attempt.id"), primary_key=True),
        sa.Column("question_id", sa.String(64), primary_key=True),
        sa.Column("annotations", sa.JSON, nullable=False),
        sa.Column("drawn_at", _TIME, nullable=False),
    )
    append_only("drawing", "attempt_id = NEW.attempt_id AND question_id = NEW.question_id")
    op.create_table(
        "rubric_score",
        sa.Column("attempt_id", sa.String(36), sa.ForeignKey("attempt.id"), primary_key=True),
        sa.Column("question_id", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("scorer", sa.String(255), nullable=False),
        sa.Column("bands", sa.JSON, nullable=False),
        sa.Column("scored_at", _TIME, nullable=False),
    )
    append_only("rubric_score", "attempt_id = NEW.attempt_id AND question_id = NEW.question_id AND number = NEW.number")
