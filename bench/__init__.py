"""What a copied item costs: `python -m bench` (or `make bench`). See bench/__main__.py."""
