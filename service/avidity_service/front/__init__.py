"""What stands before Flask: known bytes are given again, and nothing behind is touched for them."""
