"""A typed SDK for container registries: Docker Registry API v1, and API v2 of Docker distribution and the OCI."""
