"""Blobs: verified as they are read, and uploaded whole."""
