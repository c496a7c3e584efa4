"""A FastAPI application with a REST API and typed RPC, both of the same models."""
