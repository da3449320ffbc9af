//! What a browser, an application and the services around the gateway see of it, in one binary: the engine is linked once.

#[cfg(test)]
mod attack;
#[cfg(test)]
mod config_errors;
#[cfg(test)]
mod session_store;
#[cfg(test)]
mod support;
