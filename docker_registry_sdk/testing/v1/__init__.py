"""API v1 of the embedded registry, as docker-registry 0.9 serves it and as an index with tokens does."""
