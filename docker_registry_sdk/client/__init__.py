"""The client of Docker Registry API v2 and the OCI Distribution Spec."""
