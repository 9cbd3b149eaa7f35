"""The command line: `avidity build check serve reload ask search query show pool map link mcp`.

Exit codes: 0 ok, 1 unexpected, 2 usage, 3 not found, 4 validation failed, 5 query error or time-out.
"""

from avidity_service.cli.main import main

__all__ = ["main"]
