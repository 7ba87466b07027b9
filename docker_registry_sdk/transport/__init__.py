"""What every request passes: the gate, redirects, retries, TLS and the httpx client itself."""
