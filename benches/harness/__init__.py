"""What `benches/run` is made of. Nothing but Python's own library and Debian's packages."""
