"""The home page: search, example questions with what their answers rest on, what this is and what is missing."""
