"""Authentication of the embedded registry: Basic credentials, or Bearer tokens with a token service."""
