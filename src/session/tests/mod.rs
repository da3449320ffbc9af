//! Sessions as requests meet them: found, prolonged, ended, refused; and as an operator does.

mod ending;
mod finding;
mod operator;
mod scene;
