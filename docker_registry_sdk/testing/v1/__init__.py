"""API v1 of the embedded registry: a registry like docker-registry 0.9, and an index that issues tokens."""
