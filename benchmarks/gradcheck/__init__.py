"""All operations and the standard models under the gradient checker."""
