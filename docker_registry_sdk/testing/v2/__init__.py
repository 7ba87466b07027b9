"""API v2 of the embedded registry: the OCI Distribution Specification, and Docker's extensions of it."""
