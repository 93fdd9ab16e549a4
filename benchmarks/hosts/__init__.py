"""What the hosts cost on top of the maths."""
