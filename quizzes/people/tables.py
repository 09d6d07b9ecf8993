"""The tables of people, plans, assignments and comments, beside those of the attempts; described only.

Unlike attempts these rows change: people get another role, plans another date. What was committed stays in the tables
of `quizzes.schema`, which nothing here touches.
"""

import sqlalchemy as sa

from quizzes.schema import METADATA, UtcDateTime

__all__ = [
    "assignment",
    "assignment_student",
    "block",
    "comment",
    "discussion",
    "person",
    "rotation",
    "setting",
    "sign_in",
    "sign_in_failure",
]

person = sa.Table(
    "person",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("cohort", sa.String(100), nullable=False),
    # What is typed to sign in, case-folded; none for those who come from an identity provider.
    sa.Column("login", sa.String(100), unique=True),
    # Issuer and subject of an identity provider.
    sa.Column("subject", sa.String(500), unique=True),
    # Argon2id, with its parameters.
    sa.Column("password_hash", sa.String(255)),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("closed_at", UtcDateTime),
    # Every sign-in that began before is void.
    sa.Column("signed_out_at", UtcDateTime),
)

sign_in = sa.Table(
    "sign_in",
    METADATA,
    # SHA-256 of the browser's token: who reads the database cannot sign in with it.
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
)

sign_in_failure = sa.Table(
    "sign_in_failure",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    # "name" or "address", and a digest of it: people type passwords where names belong.
    sa.Column("login", sa.String(100), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("sign_in_failure_by_login", "login", "at"),
)

rotation = sa.Table(
    "rotation",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("student_id", sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date, nullable=False),
    sa.Column("author_id", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)

block = sa.Table(
    "block",
    METADATA,
    sa.Column("rotation_id", sa.ForeignKey("rotation.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("section", sa.String(32), nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    # The last day, included.
    sa.Column("ends_on", sa.Date, nullable=False),
    sa.Column("resident_id", sa.ForeignKey("person.id")),
    sa.Column("note", sa.String(500), nullable=False),
)

assignment = sa.Table(
    "assignment",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("author_id", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    # What a practice session is begun with: cases in their order, mode, time limit.
    sa.Column("plan", sa.JSON, nullable=False),
    # Whether its cases stay shut for students who are not asked, until it is closed.
    sa.Column("reserved", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime),
    sa.Column("closed_at", UtcDateTime),
)

assignment_student = sa.Table(
    "assignment_student",
    METADATA,
    sa.Column("assignment_id", sa.ForeignKey("assignment.id"), primary_key=True),
    sa.Column("student_id", sa.ForeignKey("person.id"), primary_key=True, index=True),
    # The session in which the student reads it, once begun.
    sa.Column("session_id", sa.ForeignKey("practice_session.id"), unique=True),
    # Later than that of the assignment, when it was extended for this student.
    sa.Column("due_at", UtcDateTime),
    sa.Column("reminded_at", UtcDateTime),
)

comment = sa.Table(
    "comment",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("attempt_id", sa.ForeignKey("attempt.id"), nullable=False, index=True),
    # Empty for the whole case.
    sa.Column("question_id", sa.String(64), nullable=False),
    # Name of the case's finding that it is about; empty for the answer as a whole.
    sa.Column("finding", sa.String(64), nullable=False),
    sa.Column("author_id", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("written_at", UtcDateTime, nullable=False),
    sa.Column("withdrawn_at", UtcDateTime),
)

discussion = sa.Table(
    "discussion",
    METADATA,
    # "Discuss at the workstation": one entry an answer, settled when it was talked over.
    sa.Column("attempt_id", sa.ForeignKey("attempt.id"), primary_key=True),
    sa.Column("question_id", sa.String(64), primary_key=True),
    sa.Column("author_id", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("flagged_at", UtcDateTime, nullable=False),
    sa.Column("settled_at", UtcDateTime),
)

setting = sa.Table(
    "setting",
    METADATA,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("author_id", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)
