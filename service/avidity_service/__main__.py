"""`avidity`, also as `python -m avidity_service`."""

from __future__ import annotations

import sys


def run() -> None:
    """Run the command that the arguments name."""
    if sys.argv[1:2] == ["serve"]:
        from avidity_service.allocator import restart_tuned

        restart_tuned()
    from avidity_service.cli import main

    main()


if __name__ == "__main__":
    run()
