//! What a browser, an application and the services around the gateway see of it, in one binary: the engine is linked once.

#[cfg(test)]
mod assertion;
#[cfg(test)]
mod attack;
#[cfg(test)]
mod callback;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod dataplane;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod forward_auth;
#[cfg(test)]
mod franceconnect;
#[cfg(test)]
mod franceconnect_plus;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod journey;
#[cfg(test)]
mod lies;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod listener;
#[cfg(test)]
mod logout;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod outbound;
#[cfg(test)]
mod providers;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod recipes;
#[cfg(test)]
mod regression;
#[cfg(test)]
mod relayed;
#[cfg(test)]
mod roll_call;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod session_store;
#[cfg(test)]
mod site;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;
#[cfg(test)]
mod telemetry;
#[cfg(test)]
mod told;
