//! Area M at the HTTP side.
