//! Each preset logs somebody in, reaches the application and logs out, at our own simulation and at `oidc-provider` set up
//! as that provider, in one table that the test prints.

use std::fmt::Write;

use guichet::provider::presets;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::stage::Setup;
use super::stage::rsa;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::jws::claims;
use crate::support::provider::Alg;
use crate::support::repository::text_of;
use crate::support::scene::ASSERTION;
use crate::support::scene::Scene;
use crate::support::simulator::Simulator;

/// One preset, with whom it is about: the first of the people of either provider.
struct Row {
    setup: Setup<'static>,
    /// The file of `tests/provider` with those who have an account at `oidc-provider`.
    people: &'static str,
    /// Parameters of the authorization request beyond those that every provider gets.
    asked: &'static [&'static str],
    /// The level that is reached, where the provider says one without being asked.
    acr: Option<&'static str>,
    /// By what the provider knows whose session ends.
    ends_by: &'static str,
}

/// FranceConnect+, whose rows differ in the key for which it encrypts.
const fn franceconnect_plus(entry: &'static str) -> Row {
    Row {
        setup: Setup {
            alg: Alg::Es256,
            claims: &[
                "sub",
                "family_name",
                "rnipp_family_name",
                "rnipp_given_name_array",
            ],
            plain: &["sub", "family_name", "rnipp_family_name"],
            ..Setup::of("franceconnect-plus", entry)
        },
        people: "people_plus.json",
        asked: &["acr_values"],
        acr: Some("eidas2"),
        ends_by: "id_token_hint",
    }
}

const ROWS: &[Row] = &[
    Row {
        setup: Setup {
            alg: Alg::Es256,
            claims: &["sub", "family_name", "birthplace"],
            plain: &["sub", "family_name", "birthplace"],
            ..Setup::of(
                "franceconnect",
                "client_secret = {secret}\nscopes = [\"openid\", \"identite_pivot\"]",
            )
        },
        people: "accounts.json",
        asked: &["acr_values"],
        acr: Some("eidas1"),
        ends_by: "id_token_hint",
    },
    franceconnect_plus(
        "client_secret = {secret}\nscopes = [\"openid\", \"rnipp_identite_pivot\"]\nkeys_dir = {keys}",
    ),
    franceconnect_plus(
        "client_secret = {secret}\nscopes = [\"openid\", \"rnipp_identite_pivot\"]\nkeys_dir = {keys}\n\
         encryption_alg = \"RSA-OAEP\"",
    ),
    franceconnect_plus(
        "client_secret = {secret}\nscopes = [\"openid\", \"rnipp_identite_pivot\"]\nkeys_dir = {keys}\n\
         encryption_alg = \"RSA-OAEP-256\"",
    ),
    Row {
        setup: Setup {
            claims: &["sub", "usual_name", "siret", "uid", "idp_id"],
            plain: &["sub", "usual_name", "siret", "uid", "idp_id"],
            ..Setup::of(
                "proconnect",
                "client_secret = {secret}\nscopes = [\"openid\", \"usual_name\", \"siret\", \"uid\", \"idp_id\"]",
            )
        },
        people: "agents.json",
        asked: &[],
        acr: None,
        ends_by: "id_token_hint",
    },
    Row {
        setup: Setup {
            claims: &["sub", "email", "all_emails", "verified_at"],
            plain: &["sub", "email", "verified_at"],
            ..Setup::of(
                "login-gov",
                "client_key = {key}\nscopes = [\"openid\", \"email\", \"all_emails\", \"profile:verified_at\"]",
            )
        },
        people: "public.json",
        asked: &["acr_values", "code_challenge", "code_challenge_method", "prompt"],
        acr: Some("urn:acr.login.gov:auth-only"),
        ends_by: "client_id",
    },
    Row {
        setup: Setup {
            claims: &["sub", "name", "email", "email_verified"],
            plain: &["sub", "name", "email", "email_verified"],
            ..Setup::of(
                "oidc",
                "client_secret = {secret}\nscopes = [\"openid\", \"profile\", \"email\"]",
            )
        },
        people: "members.json",
        asked: &["code_challenge", "code_challenge_method"],
        acr: None,
        ends_by: "id_token_hint",
    },
    Row {
        setup: Setup {
            claims: &["sub", "name"],
            plain: &["sub", "name"],
            ..Setup::of(
                "oidc",
                "client_secret = {secret}\nscopes = [\"openid\", \"profile\"]\nkeys_dir = {keys}\n\
                 encryption_alg = \"ECDH-ES\"\nend_session = \"client_id\"\nacr_values = [\"silver\", \"gold\"]\n\
                 acr = \"gold\"",
            )
        },
        people: "members.json",
        asked: &["acr_values", "code_challenge", "code_challenge_method"],
        acr: Some("gold"),
        ends_by: "client_id",
    },
];

/// What every authorization request has.
const USUAL: [&str; 6] = [
    "client_id",
    "nonce",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

/// A gateway and whoever plays its provider: the simulation, or the provider of the scene.
struct Played {
    scene: Scene,
    simulator: Option<Simulator>,
}

impl Played {
    fn start(setup: &Setup<'_>, simulated: Simulated) -> Self {
        match simulated {
            Simulated::ByUs => {
                let (scene, simulator) = setup.start_at_the_simulator();
                let simulator = Some(simulator);
                Self { scene, simulator }
            }
            Simulated::ByOidcProvider => Self {
                scene: setup.start(),
                simulator: None,
            },
        }
    }

    fn issuer(&self) -> &str {
        let scene = self.scene.provider.issuer();
        self.simulator.as_ref().map_or(scene, Simulator::issuer)
    }

    /// Every claim of the one who signs in.
    fn person(&self, file: &str) -> Value {
        if let Some(simulator) = &self.simulator {
            return simulator.first_person();
        }
        let file = text_of(&format!("tests/provider/{file}"));
        serde_json::from_str::<Vec<Value>>(&file).unwrap().swap_remove(0)
    }

    fn sign_in(&self, browser: &Browser, page: &Page, sub: &str) -> Page {
        match &self.simulator {
            Some(simulator) => simulator.sign_in(browser, page),
            None => self.scene.provider.sign_in_as(browser, page, sub),
        }
    }

    /// The names of the parameters with which the browser was sent to this endpoint, sorted.
    fn sent_to(&self, endpoint: &str, page: &Page) -> Vec<String> {
        let at = format!("{}{endpoint}?", self.issuer());
        let mut hops = page.hops.iter();
        let query = hops.find_map(|hop| hop.url.strip_prefix(&at));
        let query = query.unwrap_or_else(|| panic!("not sent to {at}: {}", page.text()));
        let pairs = form_urlencoded::parse(query.as_bytes());
        let mut names: Vec<String> = pairs.map(|(name, _)| name.into_owned()).collect();
        names.sort();
        names
    }
}

/// Who plays the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Simulated {
    ByUs,
    ByOidcProvider,
}

impl Simulated {
    fn name(self) -> &'static str {
        match self {
            Self::ByUs => "our simulation",
            Self::ByOidcProvider => "oidc-provider",
        }
    }
}

impl Row {
    /// The whole way; the row of the table.
    fn runs(&self, setup: &Setup<'_>, simulated: Simulated) -> String {
        let what = format!("{} {:?} {}", setup.mode, setup.encryption(), simulated.name());
        let played = Played::start(setup, simulated);
        let scene = &played.scene;
        let browser = Browser::new();

        let page = scene.to_the_provider(&browser, "/dossier?etape=3");
        let mut asked = [&USUAL[..], self.asked].concat();
        asked.sort_unstable();
        assert_eq!(played.sent_to("/authorize", &page), asked, "{what}");
        let person = played.person(self.people);
        let arrived = played.sign_in(&browser, &page, person["sub"].as_str().unwrap());
        let log = scene.gateway.logs().text();
        assert_eq!(
            (arrived.url.as_str(), arrived.status()),
            (scene.url("/dossier?etape=3").as_str(), 200),
            "{what}: {}\n{log}",
            arrived.text()
        );
        if simulated == Simulated::ByUs {
            knows_every_scope(&played, setup.mode);
        }
        let headers = self.is_told(scene, &person, &what);
        self.logs_out(&played, &browser, &what);
        let encryption = setup
            .encryption()
            .map_or_else(String::new, |alg| format!(" ({alg})"));
        format!(
            "| {}{encryption} | {} | {} | {} | {} |",
            setup.mode,
            simulated.name(),
            self.asked.join(", "),
            headers.join(", "),
            self.ends_by
        )
    }

    /// What the provider knows of the person, in the assertion and in plain headers; the names of all of these.
    fn is_told(&self, scene: &Scene, person: &Value, what: &str) -> Vec<String> {
        let received = scene.application.only();
        let told = claims(&received.values(ASSERTION).remove(0));
        for name in self.setup.claims {
            assert!(!person[name].is_null(), "{what}: {name} tells nothing");
            assert_eq!(told[name], person[name], "{what}: {name}");
        }
        if let Some(acr) = self.acr {
            assert_eq!(told["acr"], acr, "{what}");
        }
        for name in self.setup.plain {
            let values = received.values(&format!("x-guichet-{}", name.replace('_', "-")));
            let value = percent_decode_str(&values[0]).decode_utf8().unwrap();
            let known = person[name]
                .as_str()
                .map_or_else(|| person[name].to_string(), str::to_owned);
            assert_eq!(
                (values.len(), value.as_ref()),
                (1, known.as_str()),
                "{what}: {name}"
            );
        }
        let fields = received.fields().into_iter().map(|(name, _)| name.to_lowercase());
        fields.filter(|name| name.starts_with("x-guichet-")).collect()
    }

    fn logs_out(&self, played: &Played, browser: &Browser, what: &str) {
        let scene = &played.scene;
        let question = browser.open(&scene.url("/_guichet/logout"));
        let provider = browser.submit(&question, &question.form("/_guichet/logout"), &[]);
        let mut parameters = [self.ends_by, "post_logout_redirect_uri", "state"];
        parameters.sort_unstable();
        assert_eq!(played.sent_to("/session/end", &provider), parameters, "{what}");
        let page = browser.submit(&provider, &provider.form("/session/end/confirm"), &[]);
        let state = page.url.split_once("state=").unwrap().1;
        assert_eq!(state.len(), 64, "{what}: {}", page.url);
        assert_eq!(
            page.url,
            scene.url(&format!("/_guichet/logged-out?state={state}")),
            "{what}"
        );
        let is_of_services = self.setup.mode.starts_with("franceconnect");
        assert_eq!(
            page.text().contains("Ameli"),
            is_of_services,
            "{what}: {}",
            page.text()
        );
        assert!(!scene.is_signed_in(browser), "{what}");
        let forged = browser.open(&scene.url("/_guichet/logged-out?state=0000"));
        assert_ne!(forged.text(), page.text(), "{what}: a state that is not ours");
    }
}

/// The simulation announces every scope and claim of the preset, so that whatever is configured can be tried there.
fn knows_every_scope(played: &Played, preset: &str) {
    let url = format!("{}/.well-known/openid-configuration", played.issuer());
    let document: Value = serde_json::from_str(&Browser::new().open(&url).text()).unwrap();
    let rules = presets::preset(preset).unwrap().unwrap().rules;
    for (scope, claims) in &rules.scopes {
        let announced = |member: &str, word: &String| {
            let words = document[member].as_array().unwrap();
            assert!(
                words.iter().any(|one| one == word),
                "{preset}: {member} lacks {word}"
            );
        };
        announced("scopes_supported", scope);
        for claim in claims {
            announced("claims_supported", claim);
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is what the test is asked for")]
fn each_preset_logs_in_reaches_the_application_and_logs_out() {
    let key = rsa();
    let mut printed = String::from(
        "\n| preset | played by | asked beside the usual | the application received | logged out by |\n| --- | --- | --- | --- | --- |\n",
    );
    for row in ROWS {
        let setup = Setup {
            key: row.setup.entry.contains("{key}").then_some(&key),
            ..row.setup
        };
        for simulated in [Simulated::ByUs, Simulated::ByOidcProvider] {
            writeln!(printed, "{}", row.runs(&setup, simulated)).unwrap();
        }
    }
    println!("{printed}");
    let presets: Vec<&str> = ROWS.iter().map(|row| row.setup.mode).collect();
    for preset in presets::names() {
        assert!(presets.contains(&preset), "{preset} stands in no row");
    }
}
