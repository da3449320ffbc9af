//! The page of each preset says what the preset says: its tables are compared with it, in both directions.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use guichet::config;
use guichet::config::surroundings::Surroundings;
use guichet::identity_headers::rules::plain_field;
use guichet::jose::private_key::KeyType;
use guichet::jose::private_key::PrivateKey;
use guichet::key_folder::files;
use guichet::provider::preset::Preset;
use guichet::provider::presets;
use guichet::provider::profile::ProviderRules;
use guichet::provider::profile::SigningAlg;
use tempfile::TempDir;

use crate::support::gateway::has_cryptography;
use crate::support::repository::text_of;

/// A page, and the preset that it is about.
struct About {
    preset: Preset,
    text: String,
}

/// A row: what is in back ticks, cell by cell.
type Row = Vec<Vec<String>>;

fn every_page() -> impl Iterator<Item = About> {
    presets::names().map(|name| About {
        preset: presets::preset(name).unwrap().unwrap(),
        text: text_of(&format!("docs/providers/{name}.md")),
    })
}

impl About {
    /// The rows of the table with this head. None where the page has no such table.
    fn table(&self, head: &str) -> Vec<Row> {
        let Some((_, rest)) = self.text.split_once(&format!("\n{head}\n")) else {
            return Vec::new();
        };
        let rows = rest.lines().skip(1).take_while(|line| line.starts_with('|'));
        rows.map(|row| row.split('|').skip(1).map(quoted).collect())
            .collect()
    }

    fn rules(&self) -> &ProviderRules {
        &self.preset.rules
    }
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn a_page_has_every_scope_with_its_claims_and_no_other() {
    for page in every_page() {
        let said = page.table("| Scope | Claims |").into_iter();
        let said: BTreeMap<String, Vec<String>> =
            said.map(|row| (row[0][0].clone(), row[1].clone())).collect();
        assert_eq!(said, page.rules().scopes, "{}", page.preset.name);
    }
}

#[test]
fn a_page_has_every_claim_once_with_its_header_and_says_what_it_is() {
    for page in every_page() {
        let name = &page.preset.name;
        let rows = page.table("| Claim | Header | What it is |");
        let said: Vec<&str> = rows.iter().map(|row| row[0][0].as_str()).collect();
        let claims: BTreeSet<&str> = page
            .rules()
            .scopes
            .values()
            .flatten()
            .map(String::as_str)
            .collect();
        assert_eq!(said.iter().copied().collect::<BTreeSet<_>>(), claims, "{name}");
        assert_eq!(said.len(), claims.len(), "{name}: a claim stands there twice");
        for row in &rows {
            let header = plain_field(&row[0][0]).unwrap();
            assert_eq!(row[1][0].to_lowercase(), header.as_str(), "{name}");
        }
        let described = page.text.lines().filter(|line| line.contains("| `X-Guichet-"));
        for line in described {
            assert!(line.split('|').nth(3).unwrap().trim().len() > 4, "{name}: {line}");
        }
    }
}

#[test]
fn a_page_says_which_levels_are_enough_for_which() {
    for page in every_page() {
        let (name, order) = (&page.preset.name, &page.rules().acr_values);
        let rows = page.table("| Asked for | Taken |");
        let asked: Vec<&String> = rows.iter().map(|row| &row[0][0]).collect();
        assert_eq!(
            asked,
            page.rules().served_acr_values.iter().collect::<Vec<_>>(),
            "{name}"
        );
        for row in &rows {
            let wanted = order.value(&row[0][0]).unwrap();
            let enough: BTreeSet<&str> = order.enough_for(&wanted).collect();
            let taken: BTreeSet<&str> = row[1].iter().map(String::as_str).collect();
            assert_eq!(taken, enough, "{name}: {wanted}");
        }
    }
}

#[test]
fn a_page_has_the_issuers_of_its_preset() {
    for page in every_page() {
        let rows = page.table("| `environment` | Issuer |").into_iter();
        let said: BTreeMap<String, String> = rows.map(|row| (row[0][0].clone(), row[1][0].clone())).collect();
        let known = page.preset.environments.iter();
        let known = known.filter_map(|(name, environment)| Some((name.clone(), environment.issuer.clone()?)));
        assert_eq!(said, known.collect(), "{}", page.preset.name);
    }
}

/// What a preset has for the words of these keys, the usual one first.
fn words(rules: &ProviderRules) -> BTreeMap<&'static str, Vec<String>> {
    let usual = rules.default_signing_alg;
    let others = rules.signing_algs.iter().copied().filter(|alg| *alg != usual);
    let algs = [usual].into_iter().chain(others);
    let encryption = rules.encryption.iter();
    let encryption = encryption.flat_map(|rules| rules.key_management_algs.iter());
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    BTreeMap::from([
        ("signing_alg", owned(algs.map(SigningAlg::as_str).collect())),
        (
            "client_authentication",
            owned(
                rules
                    .client_authentication
                    .iter()
                    .map(|way| way.as_str())
                    .collect(),
            ),
        ),
        ("pkce", owned(rules.pkce.iter().map(|way| way.as_str()).collect())),
        (
            "userinfo",
            owned(rules.userinfo.iter().map(|form| form.as_str()).collect()),
        ),
        (
            "encryption_alg",
            owned(encryption.map(|alg| alg.as_str()).collect()),
        ),
        ("acr", rules.default_acr.iter().cloned().collect()),
        (
            "end_session",
            owned(rules.end_session.iter().map(|way| way.as_str()).collect()),
        ),
        ("id_token_claims", rules.id_token_claims.clone()),
        ("prompt", rules.prompts.clone()),
    ])
}

#[test]
fn a_page_has_the_words_of_its_keys_with_the_usual_one_first() {
    for page in every_page() {
        let rows = page.table("| Key | Words, the one that is taken without the key first |");
        let said: BTreeMap<&str, Vec<String>> = rows
            .iter()
            .map(|row| (row[0][0].as_str(), row[1].clone()))
            .collect();
        assert_eq!(said, words(page.rules()), "{}", page.preset.name);
    }
}

/// The part of a page about the simulation.
fn simulation(page: &About) -> &str {
    let (_, section) = page.text.split_once("\n## Without the provider\n").unwrap();
    section.split("\n## ").next().unwrap()
}

/// The ready file of a preset, with these lines in its entry in the place of those with the same keys.
fn ready(preset: &str, lines: &str) -> String {
    let name = match preset {
        "franceconnect" => "franceconnect-sandbox",
        other => other,
    };
    let keys: Vec<&str> = lines
        .lines()
        .map(|line| line.split('=').next().unwrap())
        .collect();
    let shipped = text_of(&format!("config/{name}.toml"));
    let kept = shipped
        .lines()
        .filter(|line| !keys.iter().any(|key| line.starts_with(key)));
    let kept = kept.collect::<Vec<_>>().join("\n") + "\n";
    let entry = format!("preset = \"{preset}\"\n");
    assert!(kept.contains(&entry), "{preset}");
    kept.replace(&entry, &format!("{entry}{lines}"))
}

#[test]
fn with_the_lines_of_its_page_a_ready_file_is_for_the_simulation_that_the_command_starts() {
    has_cryptography();
    let key = PrivateKey::generate_pem(KeyType::Rsa).unwrap();
    let key = key.expose_str().unwrap();
    for page in every_page() {
        let (name, section) = (&page.preset.name, simulation(&page));
        let (_, lines) = section.split_once("```toml\n").unwrap();
        let text = ready(name, lines.split("```").next().unwrap());
        let place = TempDir::new().unwrap();
        files::generate(&place.path().join("keys-fc/encryption"), KeyType::P256).unwrap();
        // What the page says is needed, and nothing else.
        let secret = section.split('`').find_map(|code| code.split_once("=simulated"));
        let variable = secret.map_or(("LOGIN_GOV_CLIENT_KEY", key), |(name, _)| (name, "simulated"));
        assert!(section.contains(&format!("`{}=", variable.0)), "{name}");
        let variables = BTreeMap::from([(variable.0.to_owned(), variable.1.to_owned())]);
        let path = place.path().join("guichet.toml");
        let loaded = config::load_text(&path, &text, &Surroundings::new(&path, variables));
        let config = loaded.unwrap_or_else(|errors| panic!("{name}: {errors}")).config;
        let settings = &config.providers[0];
        assert_eq!(
            settings.profile.issuer.as_str(),
            "http://127.0.0.1:8002/api/v2",
            "{name}"
        );
        let sent = config.registration(&settings.entry).redirect_uris;
        assert_eq!(sent, ["http://127.0.0.1:8080/_guichet/callback"], "{name}");
        for option in [
            format!("--profile {name} --client-id try "),
            format!("--redirect-uri {} ", sent[0]),
        ] {
            assert!(section.contains(&option), "{name}: {option}");
        }
    }
}

/// A preset begins with what it was written from, and when.
#[test]
fn a_page_names_every_source_of_its_preset_and_the_day_on_which_it_was_read() {
    for page in every_page() {
        let name = &page.preset.name;
        let file = format!("src/provider/presets/{}.toml", name.replace('-', "_"));
        let text = text_of(&file);
        let head: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
        let read = head.iter().find_map(|line| line.strip_prefix("# Sources, read "));
        let day = read.unwrap().trim_end_matches(':');
        let flowing = page.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flowing.contains(&format!("read on {day}")), "{name}: {day}");
        assert!(page.text.contains(&file), "{name}");
        let sources = head
            .iter()
            .filter_map(|line| line.trim_start_matches("# ").trim().split(' ').next());
        let sources: Vec<&str> = sources.filter(|word| word.starts_with("https://")).collect();
        assert!(!sources.is_empty(), "{name}");
        for source in sources {
            assert!(
                page.text.contains(source.trim_end_matches([',', ':', ')'])),
                "{name}: {source}"
            );
        }
    }
}
