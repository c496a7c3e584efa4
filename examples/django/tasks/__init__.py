"""Tasks of a user."""
