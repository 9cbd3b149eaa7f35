"""`/methods`: how a fact gets in, how numbers are made, and what neither can see."""
