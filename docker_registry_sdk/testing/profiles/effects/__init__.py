"""The effects that profiles are made of, beside those of the faults."""
