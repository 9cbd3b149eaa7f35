"""A SPARQL 1.1 store elsewhere instead of the embedded one: asking it, judging its answers, uploading a release."""
