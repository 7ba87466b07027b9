"""The program `docker-registry-sdk`, which `python -m docker_registry_sdk` runs, too."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line with the arguments of the process, and return the exit status."""
    try:
        from .cli.main import run
        from .cli.streams import open_standard_streams
    except KeyboardInterrupt:
        return 130
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print("Error: the command line needs the package click, which is not installed (extra: cli)", file=sys.stderr)
        print("Try: pip install 'docker-registry-sdk[cli]'", file=sys.stderr)
        return 1
    open_standard_streams()
    return run()


if __name__ == "__main__":
    sys.exit(main())
