"""Release → answers: SPARQL, REST, pages and the command line.

Nothing here opens a seed file; a release folder is all that the service reads.
"""
