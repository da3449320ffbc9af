use std::path::Path;

use super::*;

/// What a command wrote, and how it ended.
struct Answer {
    out: String,
    err: String,
    exit: Exit,
}

fn guichet(arguments: &[&str]) -> Answer {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("guichet").chain(arguments.iter().copied());
    let exit = main(
        arguments.map(OsString::from),
        &mut Streams::new(&mut out, &mut err),
    );
    Answer {
        out: String::from_utf8(out).unwrap(),
        err: String::from_utf8(err).unwrap(),
        exit,
    }
}

const GOOD: &str = r#"
public_url = "http://localhost:8080"
[organisation]
name = "Ville d'Exemple"
[assertion]
keys_dir = "keys"
[providers.fc]
preset = "franceconnect"
environment = "sandbox"
client_id = "0000000000000000000000000000000000000000000000000000000000000000"
client_secret = { file = "secret" }
[[apps]]
name = "urbanisme"
path = "/urbanisme"
providers = ["fc"]
upstreams = ["http://127.0.0.1:9000"]
[[apps]]
name = "agents"
host = "agents.localhost:8080"
providers = ["fc"]
upstreams = ["http://127.0.0.1:9001"]
"#;

fn folder_with(text: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("guichet.toml"), text).unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "hunter2-hunter2\n").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    folder
}

fn in_folder(folder: &Path, arguments: &[&str]) -> Answer {
    let config = folder.join("guichet.toml");
    guichet(&[arguments, &["--config", config.to_str().unwrap()]].concat())
}

#[test]
fn a_command_line_that_makes_no_sense_is_2_and_help_is_0() {
    for arguments in [&[][..], &["chek"], &["check", "--format", "yaml"], &["keys"]] {
        let answer = guichet(arguments);
        assert_eq!(answer.exit, Exit::Usage, "{arguments:?}");
        assert!(answer.out.is_empty() && !answer.err.is_empty(), "{arguments:?}");
    }
    let help = guichet(&["--help"]);
    assert_eq!(help.exit, Exit::Ok);
    assert!(help.out.contains("healthcheck"), "{}", help.out);
    assert!(
        help.out.contains("or no gateway answers (sessions,\nreload)"),
        "{}",
        help.out
    );
    for (command, line) in [
        (&["help", "doctor"][..], "--provider <ENTRY>"),
        (&["help", "sessions", "list"], "--host <HOST>"),
        (
            &["sessions", "revoke", "--help"],
            "guichet sessions revoke --entry <ENTRY> [--sub <SUB>]",
        ),
    ] {
        let help = guichet(command);
        assert_eq!(help.exit, Exit::Ok, "{command:?} {}", help.err);
        assert!(help.out.contains(line), "{command:?}\n{}", help.out);
    }
    assert!(guichet(&["version"]).out.starts_with("guichet 0."));
}

#[test]
fn a_file_that_is_not_there_is_3() {
    let folder = tempfile::tempdir().unwrap();
    let answer = in_folder(folder.path(), &["check"]);
    assert_eq!(answer.exit, Exit::InvalidConfiguration);
    assert!(answer.err.contains("error[C001]"), "{}", answer.err);
    assert!(answer.err.contains("there is no such file"), "{}", answer.err);
}

#[test]
fn the_first_key_is_made_while_check_still_misses_it() {
    let folder = folder_with(GOOD);
    let missing = in_folder(folder.path(), &["check"]);
    assert_eq!(missing.exit, Exit::InvalidConfiguration);
    assert!(missing.err.contains("error[C060]"), "{}", missing.err);

    let none = in_folder(folder.path(), &["keys", "list"]);
    assert_eq!(none.exit, Exit::Failure);
    assert!(none.err.contains("there is no key in `"), "{}", none.err);
    let made = in_folder(folder.path(), &["keys", "generate"]);
    assert_eq!((made.exit, made.err.as_str()), (Exit::Ok, ""));
    assert_eq!(made.out.lines().count(), 1);
    assert_eq!(in_folder(folder.path(), &["check"]).exit, Exit::Ok);

    let again = in_folder(folder.path(), &["keys", "generate"]);
    assert_eq!(again.exit, Exit::Failure);
    assert!(again.err.contains("is left as it is"), "{}", again.err);
}

#[test]
fn check_prints_every_address_to_register() {
    let folder = folder_with(GOOD);
    in_folder(folder.path(), &["keys", "generate"]);
    let answer = in_folder(folder.path(), &["check"]);
    let uris: Vec<&str> = answer
        .out
        .lines()
        .filter_map(|line| line.trim().split_once("URI "))
        .map(|(_, uri)| uri.trim())
        .collect();
    assert_eq!(
        uris,
        [
            "http://localhost:8080/_guichet/callback",
            "http://agents.localhost:8080/_guichet/callback",
            "http://localhost:8080/_guichet/logged-out",
            "http://agents.localhost:8080/_guichet/logged-out",
            "http://localhost:8080/_guichet/sector-identifier.json",
        ]
    );
}

#[test]
fn check_print_says_where_each_value_comes_from_and_no_secret() {
    let folder = folder_with(GOOD);
    in_folder(folder.path(), &["keys", "generate"]);
    let human = in_folder(folder.path(), &["check", "--print"]);
    let file = folder.path().join("guichet.toml");
    let secret = folder.path().join("secret");
    for line in [
        format!("public_url = \"http://localhost:8080\"  # {}:2:1", file.display()),
        format!(
            "providers.fc.client_secret = ‹file:{}, 15 bytes›  # {}:11:1",
            secret.display(),
            file.display()
        ),
        "session.idle_timeout = \"30m\"  # default".to_owned(),
        "apps[1].max_connections = 256  # default".to_owned(),
    ] {
        assert!(
            human.out.lines().any(|each| each == line),
            "{line}\n{}",
            human.out
        );
    }
    let json = in_folder(folder.path(), &["check", "--print", "--format", "json"]);
    let answer: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(answer["valid"], true);
    assert_eq!(
        answer["providers"][0]["redirect_uris"][0],
        "http://localhost:8080/_guichet/callback"
    );
    assert!(answer["configuration"].as_array().unwrap().len() > 20);
    assert!(!human.out.contains("hunter2") && !json.out.contains("hunter2"));
}

#[test]
fn a_program_reads_mistakes_as_json() {
    let folder = folder_with(&GOOD.replace("path =", "pathh ="));
    let answer = in_folder(folder.path(), &["check", "--format", "json"]);
    assert_eq!(answer.exit, Exit::InvalidConfiguration);
    let said: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    let finding = &said["findings"][1];
    assert_eq!(said["valid"], false);
    assert_eq!(
        (&finding["code"], &finding["file"]["line"], &finding["key"]),
        (&"C003".into(), &14.into(), &"apps[0].pathh".into())
    );
}

#[test]
fn a_listener_with_tls_is_asked_through_its_monitor() {
    let tls = "[server]\ntls = { cert_file = \"c.pem\", key_file = \"k.pem\" }\n";
    let folder = folder_with(&format!("{GOOD}\n{tls}"));
    let answer = in_folder(folder.path(), &["healthcheck"]);
    assert_eq!(answer.exit, Exit::InvalidConfiguration);
    assert!(answer.err.contains("server.monitor_listen"), "{}", answer.err);
}

#[test]
fn a_gateway_that_does_not_answer_is_1_and_one_that_does_is_0() {
    use std::io::Read as _;
    use std::io::Write as _;

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let folder = folder_with(&format!("{GOOD}\n[server]\nlisten = \"{address}\"\n"));
    let heard = std::thread::spawn(move || {
        ["HTTP/1.1 200 OK", "HTTP/1.1 503 Service Unavailable"].map(|status| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 1024];
            let length = stream.read(&mut head).unwrap();
            // In one piece: whoever has read the status may be gone before a second one.
            let answer = format!("{status}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&head[..length]).into_owned()
        })
    });
    assert_eq!(in_folder(folder.path(), &["healthcheck"]).exit, Exit::Ok);
    assert_eq!(in_folder(folder.path(), &["healthcheck"]).exit, Exit::Failure);
    let heard = heard.join().unwrap();
    assert!(heard[0].starts_with("GET /_guichet/jwks.json HTTP/1.1\r\nHost: localhost:8080\r\n"));
    assert_eq!(in_folder(folder.path(), &["healthcheck"]).exit, Exit::Failure);
}

#[test]
fn a_public_route_beside_required_ones_deserves_a_second_look() {
    let warned = |routes: &str| {
        let folder = folder_with(&format!("{GOOD}{routes}"));
        in_folder(folder.path(), &["keys", "generate"]);
        let answer = in_folder(folder.path(), &["check"]);
        assert_eq!(answer.exit, Exit::Ok, "{}", answer.err);
        answer.err.contains("warning[C120]")
    };
    let route =
        |path: &str, access: &str| format!("[[apps.routes]]\npath = \"{path}\"\naccess = \"{access}\"\n");
    assert!(
        warned(&route("/public", "public")),
        "what is not listed is required"
    );
    assert!(warned(
        &[route("/", "public"), route("/dossiers", "required")].concat()
    ));
    for quiet in [
        String::new(),
        route("/", "public"),
        route("/logo", "optional"),
        [route("/", "optional"), route("/images", "public")].concat(),
    ] {
        assert!(!warned(&quiet), "{quiet}");
    }
}

#[test]
fn an_app_behind_another_proxy_is_told_as_one() {
    let mode = "mode = \"forward_auth\"\nplain_headers = [\"sub\"]";
    let text = GOOD.replace("upstreams = [\"http://127.0.0.1:9000\"]", mode);
    let folder = folder_with(&format!("{text}[forward_auth]\ncallers = [\"127.0.0.1\"]\n"));
    let explained = in_folder(folder.path(), &["explain", "/urbanisme/x", "--as", "angela"]);
    assert_eq!(explained.exit, Exit::Ok, "{}", explained.err);
    let told = "GET /urbanisme/x by the proxy that asked (mode = \"forward_auth\")";
    assert!(explained.out.contains(told), "{}", explained.out);
    in_folder(folder.path(), &["keys", "generate"]);
    let fields = "x-guichet-status, x-guichet-assertion, x-request-id, x-guichet-sub, cookie";
    let checked = in_folder(folder.path(), &["check"]);
    let told = format!("apps.urbanisme: the front proxy sets each of these from the answer\n  {fields}\n");
    assert!(checked.out.contains(&told), "{}{}", checked.out, checked.err);
    assert!(!checked.out.contains("apps.agents"), "{}", checked.out);
    let checked = in_folder(folder.path(), &["check", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&checked.out).unwrap();
    let expected: Vec<&str> = fields.split(", ").collect();
    assert_eq!(
        json["front_proxies"],
        serde_json::json!([{ "app": "urbanisme", "fields": expected }])
    );
}

#[test]
fn explain_names_application_route_and_what_is_said() {
    let text = GOOD.replace(
        "client_secret =",
        "scopes = [\"openid\", \"family_name\"]\nclient_secret =",
    );
    let told = "claims = [\"sub\", \"family_name\"]\nplain_headers = [\"sub\"]";
    let route = "[[apps.routes]]\npath = \"/libre\"\naccess = \"optional\"\n\
                 [[apps.routes]]\npath = \"/fin\"\nends_session = true";
    let folder = folder_with(&format!("{text}{told}\n{route}\n"));
    in_folder(folder.path(), &["keys", "generate"]);
    let explain = |arguments: &[&str]| {
        let answer = in_folder(folder.path(), &[&["explain"], arguments].concat());
        assert_eq!(
            (answer.exit, answer.err.as_str()),
            (Exit::Ok, ""),
            "{}",
            answer.out
        );
        answer.out
    };
    let zoe = explain(&["http://agents.localhost:8080/libre/x%20y?a=1#b", "--as", "zoe"]);
    for line in [
        "  path         /libre/x y (as it is judged, and sent on as it came)\n",
        "  application  agents, at agents.localhost:8080/\n",
        "  route        /libre, access = \"optional\"\n",
        "  forwarded    GET /libre/x%20y?a=1 to http://127.0.0.1:9001\n",
        "  told         x-guichet-status: authenticated\n",
        "  told         x-guichet-sub: 94ced7161b8c4457623210815bd7f13321e2c598a7bb850d54fc15478ede76fcv1\n",
    ] {
        assert!(zoe.contains(line), "{line}\n{zoe}");
    }
    assert!(
        zoe.contains("family_name") && !zoe.contains("given_name"),
        "{zoe}"
    );
    let end = explain(&["http://agents.localhost:8080/fin", "--as", "zoe"]);
    assert!(
        end.contains("route        /fin, access = \"required\", ends_session = true\n"),
        "{end}"
    );
    let nobody = explain(&["http://agents.localhost:8080/libre"]);
    assert!(
        nobody.contains("told         x-guichet-status: anonymous\n"),
        "{nobody}"
    );
    assert!(explain(&["https://agents.localhost:8080/libre"]).contains("reached by http, not by https"));
    assert!(explain(&["/urbanisme/é"]).contains("  path         /urbanisme/é"));
    for refused in ["ftp://x/", "agents.localhost"] {
        assert_eq!(
            in_folder(folder.path(), &["explain", refused]).exit,
            Exit::Usage,
            "{refused}"
        );
    }
}

#[test]
fn headers_are_printed_with_their_size_and_their_key() {
    let folder = folder_with(&format!("{GOOD}claims = [\"sub\", \"email\"]\n").replace(
        "client_secret =",
        "scopes = [\"openid\", \"email\"]\nclient_secret =",
    ));
    in_folder(folder.path(), &["keys", "generate"]);
    let headers = |arguments: &[&str]| {
        in_folder(
            folder.path(),
            &[&["headers", "--app", "agents"], arguments].concat(),
        )
    };
    let longest = headers(&["--as", "longest", "--lifetime", "1h"]);
    assert_eq!(longest.exit, Exit::Ok, "{}", longest.err);
    assert!(
        longest.out.contains(" bytes of at most 2048\n"),
        "{}",
        longest.out
    );
    assert!(
        longest.out.contains("{\"keys\":[{\"kty\":\"EC\""),
        "{}",
        longest.out
    );
    assert!(
        headers(&["--as", "anonymous", "--raw"])
            .out
            .starts_with("x-guichet-status: anonymous\nx-request-id: ")
    );
    for (arguments, help) in [
        (&["--as", "personne"][..], "angela, born-abroad, longest"),
        (&["--as", "nulle-part.json"], "cannot be read"),
        (&["--provider", "autre"], "its providers are fc"),
    ] {
        let refused = headers(arguments);
        assert_eq!(refused.exit, Exit::Usage);
        assert!(
            refused.err.contains(help) && refused.out.is_empty(),
            "{}",
            refused.err
        );
    }
    let unknown = in_folder(folder.path(), &["headers", "--app", "autre"]);
    assert!(
        unknown.err.contains("there are urbanisme, agents"),
        "{}",
        unknown.err
    );
    assert_eq!(headers(&["--lifetime", "60"]).exit, Exit::Usage);
}

#[test]
fn every_command_completes_and_has_a_sentence_of_help() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = guichet(&["completions", shell]);
        assert_eq!(script.exit, Exit::Ok);
        assert!(
            script.out.contains("healthcheck") && script.out.contains("doctor"),
            "{shell}"
        );
    }
    let mut command = Arguments::command();
    command.build();
    for command in command.get_subcommands() {
        assert!(command.get_about().is_some(), "{command}");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{command}: {argument}");
        }
    }
}

#[test]
fn the_keys_of_a_provider_that_encrypts_are_made_and_replaced_like_the_others() {
    let plus = GOOD.replace(
        "preset = \"franceconnect\"",
        "preset = \"franceconnect-plus\"\nkeys_dir = \"keys-fc\"\nencryption_alg = \"RSA-OAEP-256\"",
    );
    let folder = folder_with(&plus);
    let keys = |arguments: &[&str]| in_folder(folder.path(), &[&["keys"], arguments].concat());
    in_folder(folder.path(), &["keys", "generate"]);
    let missing = in_folder(folder.path(), &["check"]);
    assert!(
        missing
            .err
            .contains("guichet keys generate --provider fc makes it"),
        "{}",
        missing.err
    );
    let none = keys(&["list", "--provider", "fc"]);
    assert_eq!(none.exit, Exit::Failure);
    assert!(none.err.contains("keys generate --provider fc"), "{}", none.err);
    let made = keys(&["generate", "--provider", "fc"]);
    assert_eq!((made.exit, made.err.as_str()), (Exit::Ok, ""));
    let told = in_folder(folder.path(), &["check"]);
    assert_eq!(told.exit, Exit::Ok, "{}", told.err);
    assert!(
        told.out
            .contains("JWKS URI  http://localhost:8080/_guichet/rp-jwks.json"),
        "{}",
        told.out
    );

    let next = keys(&["rotate", "--provider", "fc"]);
    assert_eq!(next.exit, Exit::Ok, "{}", next.err);
    assert!(
        next.out.ends_with(": guichet keys rotate --provider fc\n"),
        "{}",
        next.out
    );
    let early = keys(&["rotate", "--provider", "fc"]);
    assert_eq!(early.exit, Exit::Failure);
    assert!(early.err.contains("rotate --provider fc --now"), "{}", early.err);
    let listed = keys(&["list", "--provider", "fc"]).out;
    assert!(
        listed.contains("keys-fc/encryption/next.pem") && listed.lines().count() == 2,
        "{listed}"
    );
    let replaced = keys(&["rotate", "--provider", "fc", "--now"]);
    assert!(
        replaced.out.contains("logins fail until the provider"),
        "{}",
        replaced.out
    );
    // Those that sign assertions are others.
    assert_eq!(keys(&["list"]).out.lines().count(), 1);

    assert_eq!(keys(&["list", "--provider", "other"]).exit, Exit::Usage);
    let plain = folder_with(GOOD);
    let nothing = in_folder(plain.path(), &["keys", "generate", "--provider", "fc"]);
    assert_eq!(nothing.exit, Exit::InvalidConfiguration);
    assert!(nothing.err.contains("encrypts nothing for us"), "{}", nothing.err);
}
