"""Handlers that go wrong, each in its way."""
