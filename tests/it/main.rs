//! What a browser, an application and an operator see. One binary: the engine is linked once.

mod config_errors;
