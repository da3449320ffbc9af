//! What the scenes are made of: a raw client, an application that records, a browser, a provider, a Redis, a clock.
//!
//! Nothing here imitates a thing that can be installed. Everything is blocking: the gateway runs on a thread of its own,
//! so a scene reads from top to bottom.

pub(crate) mod authority;
pub(crate) mod browser;
pub(crate) mod chromium;
pub(crate) mod clock;
pub(crate) mod command;
pub(crate) mod decryption;
pub(crate) mod document;
pub(crate) mod exchange;
pub(crate) mod executable;
pub(crate) mod frames;
pub(crate) mod gateway;
pub(crate) mod h2;
pub(crate) mod html;
pub(crate) mod jar;
pub(crate) mod jws;
pub(crate) mod load;
pub(crate) mod logs;
pub(crate) mod memory;
pub(crate) mod message;
pub(crate) mod ports;
pub(crate) mod process;
pub(crate) mod provider;
pub(crate) mod pyjwt;
pub(crate) mod raw;
pub(crate) mod redis;
pub(crate) mod repository;
pub(crate) mod resp;
pub(crate) mod scene;
pub(crate) mod servers;
pub(crate) mod signed_in;
pub(crate) mod simulator;
pub(crate) mod steps;
pub(crate) mod table;
pub(crate) mod tinyproxy;
pub(crate) mod tunnel;
pub(crate) mod upstream;
pub(crate) mod usual;
pub(crate) mod wait;
