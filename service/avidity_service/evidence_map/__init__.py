"""The evidence map: what was given × for whom, and whether an outcome is reported, not reported, or nobody studied it."""
