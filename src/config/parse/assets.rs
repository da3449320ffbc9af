//! `assets_dir`: what the operator brought along for our pages.

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::parse::provider::Entry;
use crate::config::surroundings::Reach;
use crate::config::surroundings::Surroundings;
use crate::pages::official_button::OfficialButton;
use crate::provider::profile::Reality;

/// How the button comes into the folder.
const IMPORT: &str = "guichet assets import-button FILE takes it out of the provider's own package";

/// Reads the folder; the button is kept, as a page cannot wait for a disk.
pub fn official_button(
    folder: Option<&str>,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<OfficialButton> {
    let key = Key::ROOT.name("assets_dir");
    let folder = folder.filter(|_| surroundings.reach() == Reach::Everything)?;
    let folder = surroundings.resolve(folder);
    if !folder.is_dir() {
        let problem = format!("there is no folder `{}`", folder.display());
        findings.error(Code::AssetsDir, &key, problem, IMPORT);
        return None;
    }
    OfficialButton::read(&folder).unwrap_or_else(|error| {
        findings.error(Code::AssetsDir, &key, error.to_string(), IMPORT);
        None
    })
}

/// A provider wants its own button where real people sign in.
pub fn warn_without_button(button: Option<&OfficialButton>, entries: &[Entry], findings: &mut Findings) {
    let assets = Key::ROOT.name("assets_dir");
    if button.is_some() || findings.refused(&assets) {
        return;
    }
    for entry in entries {
        let profile = entry.settings.as_ref().map(|settings| &settings.profile);
        let wants = profile
            .filter(|profile| profile.reality == Reality::Production && profile.rules.button.class.is_some());
        if let Some(profile) = wants {
            let name = &profile.rules.button.name;
            findings.warning(
                Code::OfficialButton,
                &Key::ROOT.name("providers").name(&entry.name).name("environment"),
                format!("people would see a plain button instead of {name}'s own, which its rules ask for"),
                format!("{IMPORT}; name its folder in `assets_dir`"),
            );
        }
    }
}
