"""API v1 of the embedded registry, like docker-registry 0.9 and like an index that issues tokens."""
