"""What Alembic runs before the steps: they share the connection, and the transaction, that `upgrade` opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
