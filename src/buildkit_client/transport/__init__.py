"""Ways to a builder: finding one, and carrying gRPC to it."""
