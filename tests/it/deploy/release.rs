//! `deploy/release` and the profile by which it optimises.

use std::fs;
use std::process::Command;

use crate::support::command::tool;
use crate::support::repository::in_repository;

/// A profile belongs to a compiler; one of another makes no release at all.
#[test]
fn the_compiler_of_this_repository_takes_the_profile() {
    let folder = tempfile::tempdir().unwrap();
    let (source, out) = (folder.path().join("f.rs"), folder.path().join("f.o"));
    fs::write(&source, "#[no_mangle] pub fn f(x: u32) -> u32 { if x > 3 { x * 3 } else { x } }").unwrap();
    let with = |profile: &std::path::Path| {
        let mut rustc = Command::new("rustc");
        rustc.current_dir(in_repository("."));
        rustc.args(["--crate-type", "lib", "--emit", "obj", "-O"]);
        rustc.arg(format!("-Cprofile-use={}", profile.display()));
        tool(rustc.arg("-o").arg(&out).arg(&source), "")
    };
    with(&in_repository("deploy/guichet.profdata")).well();
    let other = folder.path().join("other.profdata");
    let mut bytes = fs::read(in_repository("deploy/guichet.profdata")).unwrap();
    // The version stands after eight bytes of signature.
    bytes[8] = 200;
    fs::write(&other, bytes).unwrap();
    assert_ne!(with(&other).code, 0);
}
