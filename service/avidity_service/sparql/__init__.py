"""The SPARQL 1.1 Protocol's query part, with foreign queries in processes of their own."""
