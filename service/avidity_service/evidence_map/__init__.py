"""The evidence map: what was given × for whom; an outcome is reported, not reported, or nobody was studied."""
