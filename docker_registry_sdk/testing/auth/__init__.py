"""The authentication of clients of the embedded registry, with Basic credentials or with Bearer tokens of a token service."""
