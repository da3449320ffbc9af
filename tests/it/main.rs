//! What a browser, an application and an operator see, in one binary: the engine is linked once.

mod config_errors;
#[cfg(test)]
mod support;
