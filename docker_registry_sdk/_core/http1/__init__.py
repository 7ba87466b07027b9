"""The HTTP/1.1 engine for large bodies, deadlines and requests to checked IP addresses; see README.md in this folder."""
