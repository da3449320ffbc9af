//! What people see when the gateway itself speaks: typed pages, each rendered into a whole [`Response`].
//!
//! A page is a small struct of plain values; its `respond` takes the [`Frame`] (who is speaking, in which language) and
//! gives the answer with its status and every field that protects it. Whoever calls decides nothing about HTML, and no page
//! decides anything about people. Values from outside are escaped by the templates; no page holds inline code or style.
//!
//! - [`chooser`]: the page with the provider's button; [`login_pages`]: what can go wrong on the way back from there;
//! - [`sign_out`]: the question and its outcomes; [`service_pages`]: everything else that has to be said;
//! - [`limit_pages`]: whoever takes more than they may;
//! - [`problem`]: the same for scripts; [`assets`]: the one sheet and the one script;
//!   [`official_button`]: what the operator imported.
//!
//! [`Response`]: crate::wire::response::Response
//! [`Frame`]: crate::pages::frame::Frame

pub mod access_pages;
pub mod assets;
pub mod catalogue;
pub mod chooser;
pub mod document;
pub mod frame;
pub mod limit_pages;
pub mod locale;
pub mod locales;
pub mod login_pages;
mod message;
pub mod official_button;
pub mod organisation;
pub mod problem;
pub mod service_pages;
pub mod sign_out;

#[cfg(test)]
mod tests;
