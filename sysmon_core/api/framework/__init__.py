"""What endpoints are declared by, and what makes Pyramid and Cornice serve them."""
