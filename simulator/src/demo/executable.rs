//! The `guichet` executable: built first, because running one workspace member does not build another.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::io;
use std::io::IsTerminal;
use std::path::Path;
use std::path::PathBuf;

use tokio::process::Command;

/// Builds `guichet` in the profile of the running executable, and says where it is.
///
/// Through the cargo that runs us, so that the toolchain is the same. On a terminal it shows its progress: the first build takes
/// minutes, and silence would look like a hang.
pub async fn build() -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own
        .parent()
        .ok_or_else(|| io::Error::other("the demonstration's executable stands in no folder"))?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    // What `cargo run` told us about this package is not about that one, and some build scripts watch it: left in place, the
    // next build by hand would compile half of the dependencies again.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_about_this_package(name)) {
        command.env_remove(name);
    }
    command
        .args(["build", "--package", "guichet", "--bin", "guichet"])
        .args((!io::stderr().is_terminal()).then_some("--quiet"))
        .args(profile(folder))
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .kill_on_drop(true);
    let status = command.status().await?;
    if !status.success() {
        return Err(io::Error::other(format!("guichet could not be built ({status})")));
    }
    Ok(folder.join(format!("guichet{}", std::env::consts::EXE_SUFFIX)))
}

fn is_about_this_package(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO"
}

/// The folder is named after the profile, but for `dev`.
fn profile(folder: &Path) -> Vec<OsString> {
    match folder.file_name() {
        Some(name) if name != "debug" => vec![OsString::from("--profile"), name.to_owned()],
        _ => Vec::new(),
    }
}
