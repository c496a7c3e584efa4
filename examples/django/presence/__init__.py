"""Who is there, and whether the server works."""
