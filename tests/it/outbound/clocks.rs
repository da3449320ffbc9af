//! Two clocks that differ.

use std::time::Duration;

use super::stage::arrives;
use super::stage::ends_in_no_login;
use super::stage::lying;

#[test]
fn a_clock_that_is_a_little_off_is_fine_and_one_that_is_far_off_is_named() {
    const A_LITTLE: Duration = Duration::from_secs(30);
    const FAR: Duration = Duration::from_mins(10);
    // The provider's is ahead of ours: its tokens come from the future.
    let scene = lying(&[]);
    scene.provider.clock_ahead(A_LITTLE);
    arrives(&scene);
    scene.provider.clock_ahead(FAR);
    ends_in_no_login(&scene, (502, "L11", "clock"));
    // Ours is ahead: they are over before they come.
    let scene = lying(&[]);
    scene.gateway.clock().advance(A_LITTLE);
    arrives(&scene);
    scene.gateway.clock().advance(FAR);
    ends_in_no_login(&scene, (502, "L11", "clock_expired"));
    let said = scene
        .gateway
        .logs()
        .lines_with("clock: the token expired at")
        .join("\n");
    assert!(
        said.contains("it is") && said.contains("60 s of difference"),
        "{said}"
    );
}
