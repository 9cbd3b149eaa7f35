"""REST: the collections of the graph with filters, and the questions."""
