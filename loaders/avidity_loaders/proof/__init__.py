"""The proof: every quote stands in the source, and every number and name of a fact in its quotes."""

from avidity_loaders.proof.proving import Proof, prove

__all__ = ["Proof", "prove"]
