//! What is dangerous and was accepted is said again at every start and every reload.

use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::scene::CLIENT_SECRET;

const WARNING: &str = "whoever can read it can sign in as anybody";

#[test]
fn whoever_accepted_hs256_hears_of_it_each_time() {
    let executable = Executable::start(&Start {
        edit: &|_, usual| {
            let accepted = "signing_alg = \"HS256\"\naccept_hs256 = true";
            usual.replace("signing_alg = \"ES256\"", accepted)
        },
        ..Start::default()
    });
    let log = executable.log();
    let place = |word: &str| log.find(word).unwrap_or_else(|| panic!("no {word}: {log}"));
    assert!(place(WARNING) < place("listening"), "{log}");
    let line = log.lines().find(|line| line.contains(WARNING)).unwrap();
    for word in ["C126", "guichet.toml:", "ES256"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert!(line.to_lowercase().contains("warn"), "{line}");
    assert_eq!(executable.said(WARNING), 1);
    executable.signal("HUP");
    executable.until("it says so again", || executable.said(WARNING) == 2);
    assert!(!executable.log().contains(CLIENT_SECRET));
}
