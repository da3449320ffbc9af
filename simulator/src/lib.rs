//! A strict simulated FranceConnect, and other providers, a legacy application, and the demonstration that puts `guichet` between them.
//!
//! This package mints the tokens that the program checks. It is a package of its own so that the two are never linked
//! together, and it is written against the provider's behaviour, not against our types: it does not share our mistakes.
//! Nothing here listens anywhere but on loopback.

pub mod browser;
pub mod demo;
pub mod legacy;
pub mod people;
pub mod provider;
mod random;
mod site;
mod text;
