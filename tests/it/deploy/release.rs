//! `deploy/release` and the profile by which it optimises.

use std::fs;
use std::process::Command;

use crate::support::command::tool;
use crate::support::repository::in_repository;

/// A profile belongs to a compiler. One of another is left aside with a warning, and the release is slower.
#[test]
fn the_compiler_of_this_repository_takes_the_profile() {
    let folder = tempfile::tempdir().unwrap();
    let (source, out) = (folder.path().join("f.rs"), folder.path().join("f.o"));
    fs::write(
        &source,
        "#[no_mangle] pub fn f(x: u32) -> u32 { if x > 3 { x * 3 } else { x } }",
    )
    .unwrap();
    let with = |profile: &std::path::Path| {
        let mut rustc = Command::new("rustc");
        rustc.current_dir(in_repository("."));
        rustc.args(["--crate-type", "lib", "--emit", "obj", "-O"]);
        rustc.arg(format!("-Cprofile-use={}", profile.display()));
        tool(rustc.arg("-o").arg(&out).arg(&source), "")
    };
    let taken = with(&in_repository("deploy/guichet.profdata"));
    assert_eq!((taken.code, taken.err.as_str()), (0, ""));
    let other = folder.path().join("other.profdata");
    let mut bytes = fs::read(in_repository("deploy/guichet.profdata")).unwrap();
    // The version stands after eight bytes of signature.
    bytes[8] = 200;
    fs::write(&other, bytes).unwrap();
    assert!(with(&other).err.contains("unsupported"));
}
