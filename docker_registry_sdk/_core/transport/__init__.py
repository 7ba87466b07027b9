"""The transport of requests: authorization, redirects, retries, deadlines, TLS and the httpx client.

Loggers below `docker_registry_sdk` write one line on level DEBUG for each request and each step of authentication, without
secrets. The logger `httpx` writes one line on level INFO for each request. That line contains the whole URL,
including the signature of a signed URL. A program that keeps INFO messages of all loggers should set the level of the logger
`httpx` to WARNING.
"""
