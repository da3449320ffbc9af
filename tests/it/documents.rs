//! What is written down is true: links lead somewhere, commands are commands, and what a table lists is what there is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::command::Ended;
use crate::support::command::GUICHET;
use crate::support::command::tool;
use crate::support::document::blocks;
use crate::support::repository::in_repository;
use crate::support::repository::text_of;

/// The files below a folder of this repository, as paths from its root.
fn files(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(in_repository(folder)).unwrap();
    let paths = entries.map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()));
    paths
        .flat_map(|path| {
            if in_repository(&path).is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn has_ending(path: &str, ending: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == ending)
}

/// Everything in Markdown.
fn pages() -> Vec<String> {
    let mut pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
        .map(str::to_owned)
        .to_vec();
    let more = files("docs").into_iter().chain(files("deploy"));
    pages.extend(more.filter(|path| has_ending(path, "md")));
    pages
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    let mut links = 0;
    for page in pages() {
        let text = text_of(&page);
        let folder = in_repository(&page).parent().unwrap().to_owned();
        let targets = text
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap());
        for link in targets.map(|target| target.split('#').next().unwrap()) {
            if !link.is_empty() && !link.contains("://") {
                links += 1;
                assert!(folder.join(link).exists(), "{page}: {link}");
            }
        }
    }
    assert!(links > 15, "{links}");
}

/// A piece of a page that is code, and how strictly it is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    /// Somebody types it.
    Typed,
    /// The text speaks of it, perhaps of a whole family of commands.
    Named,
}

/// A decision is cited by its number, which may have been kept for one that never came.
#[test]
fn no_two_decisions_have_one_number() {
    let folder = in_repository("docs/decisions");
    let mut numbers: Vec<usize> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.split('-').next().unwrap().parse().unwrap())
        .collect();
    numbers.sort_unstable();
    let mut different = numbers.clone();
    different.dedup();
    assert_eq!(numbers, different);
}

/// Every line of every fenced block, whatever its language, and every piece between back ticks.
fn code(page: &str) -> Vec<(Code, String)> {
    let (mut found, mut prose, mut is_fenced) = (Vec::new(), String::new(), false);
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        } else if is_fenced {
            found.push((Code::Typed, line.to_owned()));
        } else {
            prose.push_str(line);
            prose.push(' ');
        }
    }
    assert!(!is_fenced, "a block without an end");
    let named = prose.split('`').skip(1).step_by(2);
    found.extend(named.map(|code| (Code::Named, code.to_owned())));
    found
}

/// The same of a file of settings: its comments are prose.
fn settings(text: &str) -> Vec<(Code, String)> {
    let (comments, lines): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.trim_start().starts_with('#'));
    let lines = lines.into_iter().map(|line| (Code::Typed, line.to_owned()));
    lines.chain(code(&comments.join("\n"))).collect()
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let mut named = 0;
    for page in pages() {
        for (_, code) in code(&text_of(&page)) {
            let is_ours = ["src/", "tests/", "deploy/", "config/"]
                .iter()
                .any(|root| code.starts_with(root));
            let is_path = code
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
            if is_ours && is_path {
                named += 1;
                assert!(in_repository(&code).exists(), "{page}: {code}");
            }
        }
    }
    assert!(named > 50, "{named}");
}

/// The arguments of each call of the program in a line.
fn calls(line: &str) -> Vec<Vec<String>> {
    let line = line.split(" #").next().unwrap();
    let commands = line.split(['|', ';', '&']);
    commands.filter_map(arguments).collect()
}

/// What follows the program's name, if this is a call of it. `[--json]` may be left out, `REFERENCE..` comes again.
fn arguments(command: &str) -> Option<Vec<String>> {
    let mut words = command
        .split_whitespace()
        .skip_while(|word| is_before_a_command(word));
    let first = words.next()?;
    let program = match first {
        "sudo" => words.nth(2)?,
        "docker" => words.nth(3)?,
        program => program,
    };
    let program = program.trim_start_matches("ExecStart=");
    if program.rsplit('/').next() != Some("guichet") {
        return None;
    }
    let arguments = words.take_while(|word| !word.contains(['<', '>']));
    let arguments = arguments.map(|word| match word.trim_matches(['[', ']']) {
        ".." => "..".to_owned(),
        word => word.trim_end_matches("..").to_owned(),
    });
    let arguments: Vec<String> = arguments.collect();
    (!arguments.is_empty()).then_some(arguments)
}

/// A variable, a prompt, or what hands the process over.
fn is_before_a_command(word: &str) -> bool {
    let is_variable = word
        .split_once('=')
        .is_some_and(|(name, _)| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'));
    is_variable || ["$", "exec"].contains(&word)
}

/// Calls the program where it finds nothing: every command needs a configuration, and says so, or only prints.
fn called(arguments: &[String], more: &[&str]) -> Ended {
    let nowhere = tempfile::tempdir().unwrap();
    let mut arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    if let Some(at) = arguments.iter().position(|word| *word == "--config") {
        arguments.drain(at..at + 2);
    }
    let mut command = Command::new(GUICHET);
    command
        .args(["--config", "nowhere.toml"])
        .args(arguments)
        .args(more);
    tool(command.current_dir(nowhere.path()), "")
}

/// The command line is wrong.
const USAGE: i32 = 2;

#[test]
fn the_commands_are_commands() {
    let written = pages().into_iter().map(|page| (code(&text_of(&page)), page));
    let deployed = files("deploy")
        .into_iter()
        .filter(|path| !path.ends_with(".profdata"))
        .map(|path| (settings(&text_of(&path)), path));
    let found = written.chain(deployed);
    let found = found.flat_map(|(code, place)| code.into_iter().map(move |code| (place.clone(), code)));
    let (mut typed, mut named) = (BTreeSet::new(), BTreeSet::new());
    for (place, (code, line)) in found {
        for arguments in calls(&line) {
            match code {
                Code::Typed => typed.insert((place.clone(), arguments)),
                Code::Named => named.insert((place.clone(), arguments)),
            };
        }
    }
    for (place, arguments) in &typed {
        let ended = called(arguments, &[]);
        assert_ne!(ended.code, USAGE, "{place}: guichet {arguments:?}\n{}", ended.err);
    }
    for (place, arguments) in &named {
        let is_command = called(arguments, &[]).code != USAGE || called(arguments, &["--help"]).code == 0;
        assert!(is_command, "{place}: guichet {arguments:?}");
    }
    for place in [
        "README.md",
        "docs/operations.md",
        "docs/applications.md",
        "deploy/systemd/guichet.service",
    ] {
        assert!(
            typed.iter().any(|(found, _)| found == place),
            "no command in {place}"
        );
    }
    assert!(typed.len() >= 15 && named.len() >= 15, "{typed:#?}\n{named:#?}");
}

#[test]
fn a_call_is_told_from_a_name_and_a_wrong_one_from_a_right_one() {
    let words = |line: &str| calls(line).concat().join(" ");
    assert_eq!(
        words("A=1 target/release/guichet --config x check   # prints"),
        "--config x check"
    );
    assert_eq!(
        words("guichet keys rotate && guichet reload"),
        "keys rotate reload"
    );
    assert_eq!(
        words("sudo -u guichet guichet --config .. sessions list"),
        "--config .. sessions list"
    );
    assert_eq!(words("docker compose run --rm guichet check"), "check");
    assert_eq!(
        words("guichet sessions list [--entry fc] [--json]"),
        "sessions list --entry fc --json"
    );
    assert_eq!(
        words("guichet verify - --jwks jwks.json < token.txt"),
        "verify - --jwks jwks.json"
    );
    for other in [
        "install -o guichet -g guichet /x",
        "systemctl reload guichet",
        "user guichet on",
        "guichet",
    ] {
        assert_eq!(words(other), "", "{other}");
    }
    let is_wrong = |line: &str| called(&calls(line)[0], &[]).code == USAGE;
    assert!(is_wrong("guichet chekc") && is_wrong("guichet check --prnt") && is_wrong("guichet keys"));
    assert!(!is_wrong("guichet check --print") && !is_wrong("guichet schema") && !is_wrong("guichet run"));
    assert_eq!(code("a `b` c\n  ```sh\n  d `e`\n  ```\n`f`").len(), 3);
}

#[test]
fn every_script_of_a_page_is_one_that_a_shell_reads() {
    let mut scripts = 0;
    for page in pages() {
        for block in blocks(&page, "sh") {
            scripts += 1;
            tool(Command::new("sh").args(["-n", "-c", &block]), "").well();
        }
    }
    assert!(scripts >= 10, "{scripts}");
}

/// What stands between back ticks in the first cell of each row of the table that begins with this line.
fn listed(table: &str) -> BTreeSet<String> {
    let page = text_of("CONTRIBUTING.md");
    let (_, rows) = page.split_once(&format!("\n{table}\n")).unwrap();
    let rows = rows.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.split('|').nth(1).unwrap());
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

#[test]
fn contributors_are_told_of_every_part_of_the_support() {
    let entries = fs::read_dir(in_repository("tests/it/support")).unwrap();
    let names = entries.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            format!("{name}/")
        } else {
            name.to_owned()
        }
    });
    let there: BTreeSet<String> = names.filter(|name| name != "mod.rs").collect();
    assert_eq!(listed("| `tests/it/support` | |"), there);
}

#[test]
fn contributors_are_told_of_everything_that_the_tests_install() {
    let script = text_of("test");
    let installed = script
        .split("lacking+=(")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap());
    let mut installed: BTreeSet<String> = installed
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect();
    let python = script
        .split_once("PYTHON_PACKAGES=(")
        .unwrap()
        .1
        .split(')')
        .next()
        .unwrap();
    installed.extend(
        python
            .split(' ')
            .map(|package| package.split('=').next().unwrap().to_owned()),
    );
    installed.insert("cargo-deny".to_owned());
    for lock in ["tests/provider/package.json", "tests/browser/package.json"] {
        let package: serde_json::Value = serde_json::from_str(&text_of(lock)).unwrap();
        let names =
            ["dependencies", "devDependencies", "optionalDependencies"].map(|kind| package[kind].clone());
        let names = names.iter().filter_map(serde_json::Value::as_object).flatten();
        installed.extend(names.map(|(name, _)| name.clone()));
    }
    installed.extend(
        script
            .split("npm pack --silent ")
            .skip(1)
            .map(|rest| rest.split('@').nth(1).unwrap())
            .map(|name| format!("@{name}")),
    );
    assert_eq!(listed("| `./test tools` installs | for |"), installed);
}
