"""`python -m avidity_service` is `avidity`."""

from avidity_service.cli import main

main()
