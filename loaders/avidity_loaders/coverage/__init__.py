"""Accounting for the source: every word cited by a fact or listed with a reason, every number stated by a fact."""

from avidity_loaders.coverage.accounting import Account, account
from avidity_loaders.coverage.ledger import Ledger, read_ledger

__all__ = ["Account", "Ledger", "account", "read_ledger"]
