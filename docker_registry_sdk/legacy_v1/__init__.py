"""The client of Docker Registry API v1. Everything hand-written for API v1 is in this folder."""
