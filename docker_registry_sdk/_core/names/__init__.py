"""Checks of repository names, tags, hosts and ports, and the origins (scheme, host, port) of URLs."""
