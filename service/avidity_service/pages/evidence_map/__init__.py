"""`/evidence-map`: what was given × for whom, as a table whose cells open what proves them."""
