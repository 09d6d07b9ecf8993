"""The steps, oldest first; each says in ``down_revision`` which one it follows."""
