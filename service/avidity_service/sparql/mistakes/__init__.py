"""The mistake in a query that the engine has refused: found by the grammar, and named in plain words."""
