"""Registry API v2 as the embedded registry answers it: the OCI Distribution Specification and Docker's additions to it."""
