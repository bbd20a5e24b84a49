"""What the integration tests share: a stack, daemons on it, clients that normalise nothing."""
