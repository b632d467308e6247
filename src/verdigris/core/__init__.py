"""What decides: no I/O, no clock, no randomness, no threads. Everything here is a function of its arguments."""
