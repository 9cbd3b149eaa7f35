"""The shapes of answers, as pydantic models: what the OpenAPI document says, and what tests hold every answer to."""
