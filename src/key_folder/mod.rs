//! A folder of private keys of one kind and one purpose: the one in use, the one that follows, the one before. Which one a
//! key is, its file's name says; since when, the file's time.

pub mod files;
pub mod held;
pub mod rotation;
