//! The strict simulation as a provider of the tests, on a runtime of its own.

use serde_json::Value;
use simulator::provider::Provider;
use simulator::provider::ProviderSettings;
use simulator::provider::RunningProvider;
use simulator::provider::client::Client;
use simulator::provider::profile::Profile;
use simulator::provider::profiles;
use simulator::provider::profiles::FRANCECONNECT;
use simulator::provider::signing_algorithm::SigningAlgorithm;
use tokio::runtime::Runtime;

use super::browser::Browser;
use super::browser::Page;
use super::gateway::Place;
use super::provider::Alg;
use super::scene::CLIENT_SECRET;

/// How many pages a person sees at most: the choice, and what the service is about to learn.
const MOST_PAGES: usize = 2;

/// A running simulation. Fields end in this order.
#[derive(Debug)]
pub(crate) struct Simulator {
    provider: RunningProvider,
    profile: &'static Profile,
    _runtime: Runtime,
}

impl Simulator {
    /// `FranceConnect`, which knows the gateway that will stand at this place.
    pub(crate) fn start(place: &Place, alg: Alg) -> Self {
        Self::start_as(FRANCECONNECT.name, place, alg, |client| client)
    }

    /// The same as another provider, with a client that is registered in another way.
    pub(crate) fn start_as(
        profile: &str,
        place: &Place,
        alg: Alg,
        registered: impl FnOnce(Client) -> Client,
    ) -> Self {
        let profile = profiles::named(profile).unwrap_or_else(|| panic!("no profile {profile}"));
        let algorithm = match alg {
            Alg::Es256 => SigningAlgorithm::Es256,
            Alg::Rs256 => SigningAlgorithm::Rs256,
        };
        let at = place.public_url();
        let client = Client::of(profile, "tests", CLIENT_SECRET)
            .signing(algorithm)
            .redirect_uri(format!("{at}/_guichet/callback"))
            .post_logout_redirect_uri(format!("{at}/_guichet/logged-out"));
        let settings = ProviderSettings {
            profile,
            address: ([127, 0, 0, 1], 0).into(),
            clients: vec![registered(client)],
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let provider = runtime.block_on(Provider::start(settings)).unwrap();
        Self {
            provider,
            profile,
            _runtime: runtime,
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        self.provider.issuer()
    }

    pub(crate) fn token_requests(&self) -> usize {
        self.provider.token_requests()
    }

    /// Every claim that it has of the first of its people: Zoé, where it is `FranceConnect`.
    pub(crate) fn first_person(&self) -> Value {
        Value::Object(self.profile.everybody().unwrap().swap_remove(0).claims)
    }

    /// Through its pages as the first of its people; where that leads.
    pub(crate) fn sign_in(&self, browser: &Browser, page: &Page) -> Page {
        let first = self.profile.everybody().unwrap().swap_remove(0).slug;
        let mut page = page.clone();
        for _ in 0..MOST_PAGES {
            let forms = page.forms();
            let Some(form) = forms.first().filter(|_| page.url.starts_with(self.issuer())) else {
                break;
            };
            let typed = [("person", first.as_str())];
            let is_the_choice = form.action.contains("redirect-to-idp");
            page = browser.submit(&page, form, if is_the_choice { &typed } else { &[] });
        }
        page
    }
}
