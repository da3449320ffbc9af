//! What a browser, an application and the services around the gateway see of it.

mod session_store;
