//! The pages as people and scripts get them.

mod every_page;
mod particular;
mod problems;
mod promises;
