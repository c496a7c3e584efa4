"""Handlers without a database, found as ``handlers.py``."""

import worker_handlers

__all__ = ["worker_handlers"]
