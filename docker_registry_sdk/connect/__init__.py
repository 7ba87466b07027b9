"""Creation of a client, and check of a login, for API v1 and API v2."""
