"""The hand-written part of generated packages, and its tests."""
