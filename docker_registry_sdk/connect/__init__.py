"""Make a client, or check a login, for whichever API version a registry speaks."""
