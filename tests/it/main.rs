//! What a browser and an application see, in one binary.

#[cfg(test)]
mod support;
