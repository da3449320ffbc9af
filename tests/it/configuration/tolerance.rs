//! What an operator reads who loosens what an application gets.

use super::text::SMALLEST;
use super::text::found;
use super::text::load;

fn found_in_app(lines: &str) -> Vec<String> {
    found(load(&format!("{SMALLEST}{lines}\n")))
}

#[test]
fn each_door_that_is_opened_is_a_warning_and_not_a_mistake() {
    assert_eq!(found_in_app("on_spoof = \"reject\""), [""; 0]);
    assert_eq!(
        found_in_app("allow_headers = [\"my_app.token\", \"x_csrf\"]"),
        ["C111 apps[0].allow_headers[0]", "C111 apps[0].allow_headers[1]"]
    );
    assert_eq!(
        found_in_app("allow_in_path = [\";\", \"%2F\", \"//\"]"),
        [
            "C112 apps[0].allow_in_path[0]",
            "C112 apps[0].allow_in_path[1]",
            "C112 apps[0].allow_in_path[2]"
        ]
    );
    let loaded = load(&format!("{SMALLEST}allow_headers = [\"my_app.token\"]\n")).unwrap();
    assert_eq!(loaded.config.apps[0].tolerance.headers.len(), 1);
    assert!(
        loaded.warnings[0].problem.contains("`my_app.token`"),
        "{:?}",
        loaded.warnings
    );
}

#[test]
fn a_name_that_some_server_takes_for_another_one_is_refused() {
    for name in [
        "X_Guichet_Sub",
        "remote_user",
        "X.Forwarded.For",
        "Content_Length",
        "transfer.encoding",
        "host~",
        "x__user",
        "X--Guichet-Sub",
        "X_Consumer_Username",
        "X-Mine",
        "Remote-User",
        "a b",
        "",
    ] {
        let found = found_in_app(&format!("allow_headers = [\"{name}\"]"));
        assert_eq!(found, ["C110 apps[0].allow_headers[0]"], "{name}");
    }
}

#[test]
fn no_other_form_of_a_path_can_be_allowed() {
    for word in ["..", "\\\\", "%2f", "%00", "%5C", "///", ""] {
        let found = found_in_app(&format!("allow_in_path = [\"{word}\"]"));
        assert_eq!(found, ["C006 apps[0].allow_in_path[0]"], "{word}");
    }
    assert_eq!(found_in_app("on_spoof = \"ignore\""), ["C006 apps[0].on_spoof"]);
}
