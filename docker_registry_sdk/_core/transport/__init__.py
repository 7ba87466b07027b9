"""The transport of requests: authorization, redirects, retries, deadlines, TLS and the httpx client.

Each request and each step of authentication is one DEBUG line of a logger below `docker_registry_sdk`, without secrets. httpx has
a logger of its own, `httpx`, which says one line for each request on INFO, with the whole URL, and so with the signature of a
signed one. Loggers belong to the program: where INFO of all of them is kept, set that one to WARNING.
"""
