"""The files of the release, what each is for, and how to cite them."""
