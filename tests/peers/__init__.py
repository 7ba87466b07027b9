"""Tests with programs that take minutes to build: `scripts/test tests/peers`. A full run leaves them out."""
