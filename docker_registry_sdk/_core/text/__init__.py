"""Functions that make text safe for errors and logs, the entries of error bodies, and the parser of the Retry-After header."""
