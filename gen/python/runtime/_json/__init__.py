"""How JSON becomes models and models become JSON: see ``_models``."""
