"""What files come into the image, from where, and what commands do to them."""
