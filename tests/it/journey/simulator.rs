//! The strict simulation as a provider of the tests, on a runtime of its own.

use serde_json::Value;
use simulator::people;
use simulator::provider::Provider;
use simulator::provider::ProviderSettings;
use simulator::provider::RunningProvider;
use simulator::provider::client::Client;
use simulator::provider::client::SigningAlgorithm;
use tokio::runtime::Runtime;

use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::gateway::Place;
use crate::support::provider::Alg;
use crate::support::scene::CLIENT_SECRET;

/// How many pages a person sees at most: the choice, and what the service is about to learn.
const MOST_PAGES: usize = 2;

/// A running simulation. Fields end in this order.
#[derive(Debug)]
pub(crate) struct Simulator {
    provider: RunningProvider,
    _runtime: Runtime,
}

impl Simulator {
    /// Knows the gateway that will stand at this place.
    pub(crate) fn start(place: &Place, alg: Alg) -> Self {
        let algorithm = match alg {
            Alg::Es256 => SigningAlgorithm::Es256,
            Alg::Rs256 => SigningAlgorithm::Rs256,
        };
        let at = place.public_url();
        let client = Client::sandbox("tests", CLIENT_SECRET)
            .signing(algorithm)
            .redirect_uri(format!("{at}/_guichet/callback"))
            .post_logout_redirect_uri(format!("{at}/_guichet/logged-out"));
        let settings = ProviderSettings {
            address: ([127, 0, 0, 1], 0).into(),
            clients: vec![client],
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let provider = runtime.block_on(Provider::start(settings)).unwrap();
        Self {
            provider,
            _runtime: runtime,
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        self.provider.issuer()
    }

    pub(crate) fn token_requests(&self) -> usize {
        self.provider.token_requests()
    }

    /// Every claim that it has of Zoé.
    pub(crate) fn zoe() -> Value {
        let zoe = people::everybody().unwrap().swap_remove(0);
        assert_eq!(zoe.slug, "zoe");
        Value::Object(zoe.claims)
    }

    /// Through its pages as Zoé; where that leads.
    pub(crate) fn sign_in(&self, browser: &Browser, page: &Page) -> Page {
        let mut page = page.clone();
        for _ in 0..MOST_PAGES {
            let forms = page.forms();
            let Some(form) = forms.first().filter(|_| page.url.starts_with(self.issuer())) else {
                break;
            };
            let typed: &[(&str, &str)] = if form.action.contains("redirect-to-idp") {
                &[("person", "zoe")]
            } else {
                &[]
            };
            page = browser.submit(&page, form, typed);
        }
        page
    }
}
