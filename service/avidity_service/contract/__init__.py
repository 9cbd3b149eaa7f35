"""What REST promises: parameters, operations, shapes of answers, and the OpenAPI document made of them."""
