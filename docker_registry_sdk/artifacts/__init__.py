"""Files as OCI artifacts: push and pull."""
