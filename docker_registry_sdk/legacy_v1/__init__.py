"""The client of Docker Registry API v1."""
