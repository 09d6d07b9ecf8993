"""What an attempt had to answer is kept with it: a question that its case gets later is not its own."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create what is new; what is there stays without."""
    op.add_column("attempt", sa.Column("questions", sa.JSON))
