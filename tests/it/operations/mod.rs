//! `docs/operations.md` keeps its word: it explains what the program says, and who follows it arrives.

mod day;
mod explained;
mod install;
mod machine;
mod proxies;
