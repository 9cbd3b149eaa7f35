"""The questions asked with their own examples, and in a few words on how much each answer rests."""
