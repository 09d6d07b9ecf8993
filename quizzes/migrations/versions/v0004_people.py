"""People, their sign-ins, rotation plans, assignments, comments and settings."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create what is new, and give a name to whoever has read here before there were names."""
    op.create_table(
        "person",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("cohort", sa.String(100), nullable=False),
        sa.Column("login", sa.String(100), unique=True),
        sa.Column("subject", sa.String(500), unique=True),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME),
        sa.Column("signed_out_at", _TIME),
    )
    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("person_id", sa.String(36), sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Index("sign_in_failure_by_login", "login", "at"),
    )
    op.create_table(
        "rotation",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("student_id", sa.String(36), sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("author_id", sa.String(36), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
    )
    op.create_table(
        "block",
        sa.Column("rotation_id", sa.String(36), sa.ForeignKey("rotation.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("section", sa.String(32), nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("resident_id", sa.String(36), sa.ForeignKey("person.id")),
        sa.Column("note", sa.String(500), nullable=False),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("author_id", sa.String(36), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("reserved", sa.Boolean, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME),
        sa.Column("closed_at", _TIME),
    )
    op.create_table(
        "assignment_student",
        sa.Column("assignment_id", sa.String(36), sa.ForeignKey("assignment.id"), primary_key=True),
        sa.Column("student_id", sa.String(36), sa.ForeignKey("person.id"), primary_key=True, index=True),
        sa.Column("session_id", sa.String(36), sa.ForeignKey("practice_session.id"), unique=True),
        sa.Column("due_at", _TIME),
        sa.Column("reminded_at", _TIME),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("attempt_id", sa.String(36), sa.ForeignKey("attempt.id"), nullable=False, index=True),
        sa.Column("question_id", sa.String(64), nullable=False),
        sa.Column("finding", sa.String(64), nullable=False),
        sa.Column("author_id", sa.String(36), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("written_at", _TIME, nullable=False),
        sa.Column("withdrawn_at", _TIME),
    )
    op.create_table(
        "discussion",
        sa.Column("attempt_id", sa.String(36), sa.ForeignKey("attempt.id"), primary_key=True),
        sa.Column("question_id", sa.String(64), primary_key=True),
        sa.Column("author_id", sa.String(36), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("flagged_at", _TIME, nullable=False),
        sa.Column("settled_at", _TIME),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("author_id", sa.String(36), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
    )
    attempt = sa.table("attempt", sa.column("learner", sa.String), sa.column("started_at", _TIME))
    first = op.get_bind().scalar(sa.select(sa.func.min(attempt.c.started_at)).where(attempt.c.learner == "local"))
    if first is not None:
        names = ("id", "name", "role", "cohort", "login")
        person = sa.table("person", *map(sa.column, names), sa.column("created_at", _TIME))
        row = {"id": "local", "name": "Reader", "role": "administrator", "cohort": "", "login": "reader"}
        op.bulk_insert(person, [row | {"created_at": first}])
