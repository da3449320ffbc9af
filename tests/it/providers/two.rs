//! Citizens by FranceConnect and agents by ProConnect, at one host and in one browser: two sessions side by side, of which
//! each opens its own pages and no other.

use serde_json::json;

use crate::cases;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::jws::claims;
use crate::support::provider::Alg;
use crate::support::provider::Provider;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::redis::Redis;
use crate::support::scene::ASSERTION;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::usual;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["F010"],
            sentence: "two sessions in one browser: each application gets its own provider's person, and a sign-out ends the one that it names",
            plays: two_applications,
        },
        Play {
            ids: &[],
            sentence: "an application of both has two headed sections, and whoever is signed in at both gets to each page by the right one",
            plays: one_application,
        },
        Play {
            ids: &[],
            sentence: "who is signed in at the other provider is offered the one that can open the page, and comes back to it",
            plays: the_other_one_is_offered,
        },
    ]
}

const AGENT: &str = "6fd0c8a7-2b51-4f4e-9a6c-8d0c4b1f7e21";
const CITIZEN_S: &str = "guichet-session-fc";
const AGENT_S: &str = "guichet-session-proconnect";

/// The usual scene and a second provider.
struct Two {
    scene: Scene,
    proconnect: Provider,
}

/// One of the two providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    FranceConnect,
    ProConnect,
}

use At::FranceConnect;
use At::ProConnect;

impl At {
    const fn entry(self) -> &'static str {
        match self {
            FranceConnect => "fc",
            ProConnect => "proconnect",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            FranceConnect => "FranceConnect",
            ProConnect => "ProConnect",
        }
    }

    fn sub(self) -> String {
        match self {
            FranceConnect => people()[ZOE]["sub"].as_str().unwrap().to_owned(),
            ProConnect => AGENT.to_owned(),
        }
    }
}

impl Two {
    /// `/` is of both, `/demarches` of citizens, `/agents` of agents.
    fn start() -> Self {
        let proconnect = Provider::start_as("proconnect", Alg::Rs256, &json!({}));
        let issuer = proconnect.issuer().to_owned();
        let scene = Scene::start_at(
            Provider::start(Alg::Es256),
            Some(Redis::start()),
            Alg::Es256,
            |place, text| {
                let (head, app) = text.split_once("[[apps]]").unwrap();
                let secret = place.secret("proconnect_secret", CLIENT_SECRET);
                let upstreams = usual::upstreams(app);
                let app = |name: &str, path: &str, providers: &str| {
                    format!(
                        "\n[[apps]]\nname = \"{name}\"\ntitle = \"{name}\"\npath = \"{path}\"\nproviders = [{providers}]\n\
                         {upstreams}\nclaims = [\"sub\"]\nplain_headers = [\"sub\"]\n"
                    )
                };
                let route = |path: &str, require: &str| {
                    format!("\n  [[apps.routes]]\n  path = \"{path}\"\n  require = {{ {require} }}\n")
                };
                format!(
                    "{head}[providers.proconnect]\npreset = \"proconnect\"\nenvironment = \"simulated\"\nissuer = \
                     \"{issuer}\"\nclient_id = \"agents\"\nclient_secret = {secret}\nscopes = [\"openid\", \"siret\"]\n{}{}{}{}{}",
                    app("commune", "/", "\"fc\", \"proconnect\""),
                    route("/personnel", "idp = [\"proconnect\"]"),
                    route("/naissances", "claims = { birthcountry = \"99100\" }"),
                    app("demarches", "/demarches", "\"fc\""),
                    app("agents", "/agents", "\"proconnect\""),
                )
            },
        );
        proconnect.register_at(&scene.url(""), ("agents", CLIENT_SECRET));
        Self { scene, proconnect }
    }

    /// From the chooser of a page to where the person arrives.
    fn signs_in(&self, browser: &Browser, chooser: &Page, at: At) -> Page {
        let page = browser.click(chooser, at.name());
        match at {
            FranceConnect => self.scene.provider.sign_in(browser, &page, ZOE),
            ProConnect => self.proconnect.sign_in_as(browser, &page, AGENT),
        }
    }

    /// The same on the way to a page.
    fn signs_in_to(&self, browser: &Browser, path: &str, at: At) {
        let chooser = browser.open(&self.scene.url(path));
        let page = self.signs_in(browser, &chooser, at);
        let log = self.scene.gateway.logs().text();
        assert_eq!(
            (page.url.as_str(), page.status()),
            (self.scene.url(path).as_str(), 200),
            "{}\n{log}",
            page.text()
        );
    }

    /// The page is opened, and its application is told of the person at this provider.
    fn opens_as(&self, browser: &Browser, path: &str, at: At) {
        self.scene.application.forget();
        let page = browser.open_once(&self.scene.url(path));
        assert_eq!(page.status(), 200, "{path} {at:?}: {}", page.text());
        let received = self.scene.application.only();
        assert_eq!(received.values("x-guichet-sub"), [at.sub()], "{path}");
        let told = claims(&received.values(ASSERTION)[0]);
        assert_eq!(
            (&told["sub"], &told["idp"]),
            (&json!(at.sub()), &json!(at.entry())),
            "{path}"
        );
    }

    /// It is not, and this is what is shown instead.
    fn is_closed(&self, browser: &Browser, path: &str) -> Page {
        self.scene.application.forget();
        let page = browser.open(&self.scene.url(path));
        assert_eq!(self.scene.application.byte_count(), 0, "{path}");
        page
    }
}

/// The entries that a chooser leads to, in its order.
fn offered(chooser: &Page) -> Vec<String> {
    let links = chooser.links().into_iter();
    let ways = links.filter_map(|link| Some(link.href.split_once("/_guichet/login/")?.1.to_owned()));
    ways.map(|way| way.split('?').next().unwrap().to_owned())
        .collect()
}

fn two_applications() {
    for order in [[FranceConnect, ProConnect], [ProConnect, FranceConnect]] {
        let two = Two::start();
        let browser = Browser::new();
        let path = |at| {
            if at == FranceConnect {
                "/demarches/1"
            } else {
                "/agents/1?page=2"
            }
        };
        let [first, second] = order;
        two.signs_in_to(&browser, path(first), first);
        let alone = browser.cookie_names("localhost");
        // Somebody who is signed in for the other half of the site is nobody here.
        let chooser = two.is_closed(&browser, path(second));
        assert_eq!(offered(&chooser), [second.entry()]);
        two.signs_in_to(&browser, path(second), second);
        for _ in 0..3 {
            two.opens_as(&browser, path(first), first);
            two.opens_as(&browser, path(second), second);
        }
        // One short cookie for each, and neither grew.
        assert_eq!(alone.len(), 1);
        assert_eq!(browser.cookie_names("localhost"), [CITIZEN_S, AGENT_S]);
        for name in [CITIZEN_S, AGENT_S] {
            assert_eq!(browser.cookie("localhost", name).unwrap().len(), 43);
        }
        assert_eq!(two.scene.redis().sessions(), 2);
        signs_out_of_one(&two, &browser, order);
    }
}

/// The question names both; the other session stays.
fn signs_out_of_one(two: &Two, browser: &Browser, [stays, ends]: [At; 2]) {
    let path = |at| {
        if at == FranceConnect {
            "/demarches/1"
        } else {
            "/agents/1"
        }
    };
    let question = browser.open(&two.scene.url("/_guichet/logout"));
    for at in [stays, ends] {
        assert!(question.text().contains(at.name()), "{}", question.text());
    }
    let named = |form: &crate::support::html::Form| {
        form.fields
            .iter()
            .any(|(name, value)| name == "provider" && value == ends.entry())
    };
    let form = question.forms().into_iter().find(named).unwrap();
    let provider = browser.submit(&question, &form, &[]);
    let issuer = match ends {
        FranceConnect => two.scene.provider.issuer(),
        ProConnect => two.proconnect.issuer(),
    };
    let page = if provider.url.starts_with(issuer) {
        browser.submit(&provider, &provider.form("/session/end/confirm"), &[])
    } else {
        provider
    };
    assert!(
        page.url
            .starts_with(&two.scene.url("/_guichet/logged-out?state=")),
        "{}",
        page.url
    );
    assert!(
        page.text().contains(ends.name()) && !page.text().contains(stays.name()),
        "{}",
        page.text()
    );
    assert_eq!(two.scene.redis().sessions(), 1);
    two.opens_as(browser, path(stays), stays);
    let chooser = two.is_closed(browser, path(ends));
    assert_eq!(offered(&chooser), [ends.entry()]);
}

fn one_application() {
    let two = Two::start();
    let browser = Browser::new();
    let chooser = browser.open(&two.scene.url("/dossier"));
    let text = chooser.text();
    let place = |word: &str| text.find(word).unwrap_or_else(|| panic!("no {word}: {text}"));
    let places = [
        "Vous êtes un particulier</h2>",
        "/_guichet/login/fc?",
        "Vous êtes un professionnel ou un agent public</h2>",
        "/_guichet/login/proconnect?",
    ]
    .map(place);
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(text.matches("<h2").count(), 2);

    two.signs_in_to(&browser, "/demarches", FranceConnect);
    // Times have whole seconds, and the clock of the tests stands still.
    two.scene
        .gateway
        .clock()
        .advance(std::time::Duration::from_secs(1));
    two.signs_in_to(&browser, "/agents", ProConnect);
    for _ in 0..2 {
        two.opens_as(&browser, "/personnel/1", ProConnect);
        two.opens_as(&browser, "/naissances/1", FranceConnect);
        // Where both would do, the most recent login counts.
        two.opens_as(&browser, "/dossier", ProConnect);
        two.opens_as(&browser, "/demarches", FranceConnect);
    }
}

fn the_other_one_is_offered() {
    let two = Two::start();
    for (has, path, needs) in [
        (FranceConnect, "/personnel/liste?page=2&tri=nom", ProConnect),
        (ProConnect, "/naissances/2026?mois=11", FranceConnect),
    ] {
        let browser = Browser::new();
        two.signs_in_to(&browser, "/dossier", has);
        two.scene
            .gateway
            .clock()
            .advance(std::time::Duration::from_secs(1));
        let refusal = two.is_closed(&browser, path);
        assert_eq!(refusal.status(), 403, "{}", refusal.text());
        let chooser = browser.click(&refusal, "Se connecter autrement");
        assert_eq!(offered(&chooser), [needs.entry()]);
        assert!(
            chooser.text().contains("Votre session est déjà ouverte"),
            "{}",
            chooser.text()
        );
        // The provider that cannot open it is not gone to by its address either.
        let typed = browser.open(
            &two.scene
                .url(&format!("/_guichet/login/{}?return_to={path}", has.entry())),
        );
        assert_eq!(offered(&typed), [needs.entry()]);
        let page = two.signs_in(&browser, &chooser, needs);
        assert_eq!(
            (page.url.as_str(), page.status()),
            (two.scene.url(path).as_str(), 200),
            "{}",
            page.text()
        );
        two.opens_as(&browser, path, needs);
        let own = if has == FranceConnect {
            "/demarches"
        } else {
            "/agents"
        };
        two.opens_as(&browser, own, has);
    }
}
