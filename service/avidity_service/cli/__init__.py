"""The command line: `avidity build check serve ask query show pool map link`.

Exit codes: 0 ok, 1 unexpected, 2 usage, 3 not found, 4 validation failed, 5 query error or time-out.
"""

from avidity_service.cli.main import main

__all__ = ["main"]
