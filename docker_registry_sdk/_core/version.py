"""The version of this package."""

from importlib.metadata import version

__version__ = version("docker-registry-sdk")
"""The version of this package, as its installed metadata states it, such as `1.0.0`."""
