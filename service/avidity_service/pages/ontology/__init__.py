"""`/ontology`: the terms on a page made from the graph, and the files for ontology editors."""
