"""Create a client, or check a login, for either API version."""
