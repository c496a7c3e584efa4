"""A Django project, and the one app in it, for the tests."""
