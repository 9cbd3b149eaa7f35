"""What follows from the claims by arithmetic and comparison: counts behind percentages, sums, contradictions.

Everything here goes into the graph `derived`, with the formula or the rule that found it and the facts that it used.
"""

from avidity_loaders.derive.derived import derive

__all__ = ["derive"]
