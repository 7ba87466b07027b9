"""The part that does I/O."""
