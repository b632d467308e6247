"""What sends traffic to a color on AWS, one kind a file; `ordered.py` makes one live pointer of several."""
