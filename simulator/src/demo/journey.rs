//! The whole journey of a person without script: anonymous, login, greeting, second request, logout, and a change of mind.

use std::future::Future;
use std::io;

use http::StatusCode;

use crate::browser::Browser;
use crate::browser::page::Page;
use crate::demo::application_check;
use crate::demo::application_check::VerifyingApplication;
use crate::demo::field::Field;
use crate::people;
use crate::people::Person;
use crate::provider::clock::MovableClock;

/// A step, and whether it went as it should.
pub(crate) struct Step {
    pub(crate) title: &'static str,
    pub(crate) outcome: io::Result<()>,
}

/// The steps taken so far. A step that needs one that failed is not tried: the journey ends there.
#[derive(Default)]
pub(crate) struct Journey {
    pub(crate) steps: Vec<Step>,
}

impl Journey {
    async fn step<T>(
        &mut self,
        title: &'static str,
        doing: impl Future<Output = io::Result<T>>,
    ) -> Option<T> {
        let (outcome, value) = match doing.await {
            Ok(value) => (Ok(()), Some(value)),
            Err(error) => (Err(error), None),
        };
        self.steps.push(Step { title, outcome });
        value
    }

    /// Travels.
    pub(crate) async fn travel(field: &Field) -> Self {
        let mut journey = Self::default();
        let finished = journey.signed_in_and_out(field).await;
        if finished.is_some() {
            journey.change_of_mind(field).await;
        }
        journey
    }

    async fn signed_in_and_out(&mut self, field: &Field) -> Option<()> {
        let browser = Browser::new();
        let zoe = people::everybody().ok()?.into_iter().next()?;
        self.sign_in(field, &browser, &zoe).await?;
        self.use_and_leave(field, &browser, &zoe).await
    }

    async fn sign_in(&mut self, field: &Field, browser: &Browser, zoe: &Person) -> Option<()> {
        self.step("la page de la démonstration s’ouvre", start_page(field, browser))
            .await?;
        self.step(
            "l’application salue un visiteur inconnu",
            anonymous(field, browser),
        )
        .await?;
        self.step(
            "un script sans session reçoit 401, jamais une redirection",
            script(field),
        )
        .await?;
        let chooser = self
            .step(
                "une page protégée mène au choix de la connexion",
                chooser(field, browser),
            )
            .await?;
        let provider = through_provider(field, browser, &chooser);
        let arrived = self
            .step("le FranceConnect simulé ramène à la page demandée", provider)
            .await?;
        self.step("l’application reconnaît la personne", async {
            greeted(&arrived, zoe)
        })
        .await
    }

    async fn use_and_leave(&mut self, field: &Field, browser: &Browser, zoe: &Person) -> Option<()> {
        self.step(
            "l’accueil salue la personne par son nom",
            hello(field, browser, zoe),
        )
        .await?;
        self.step(
            "une deuxième requête passe sans FranceConnect",
            again(field, browser),
        )
        .await?;
        let verified = assertion(field, browser, zoe);
        self.step("l’assertion se vérifie avec les clés publiques", verified)
            .await?;
        self.step(
            "la déconnexion passe par FranceConnect et revient",
            logout(field, browser),
        )
        .await?;
        let forgotten = anonymous(field, browser);
        self.step(
            "après la déconnexion, l’application ne connaît plus personne",
            forgotten,
        )
        .await?;
        self.step(
            "FranceConnect redemande qui l’on est",
            asked_again(field, browser),
        )
        .await
    }

    async fn change_of_mind(&mut self, field: &Field) {
        let browser = Browser::new();
        self.step(
            "renoncer chez FranceConnect n’est pas une erreur",
            cancel(field, &browser),
        )
        .await;
    }
}

#[expect(
    clippy::fn_params_excessive_bools,
    reason = "a condition is what an expectation is about"
)]
fn expect(condition: bool, otherwise: impl FnOnce() -> String) -> io::Result<()> {
    if condition {
        Ok(())
    } else {
        Err(io::Error::other(otherwise()))
    }
}

fn expect_text(page: &Page, text: &str) -> io::Result<()> {
    expect(page.text().contains(text), || {
        format!("« {text} » manque sur {} ({})", page.url, page.status)
    })
}

async fn start_page(field: &Field, browser: &Browser) -> io::Result<()> {
    let page = browser.open(&field.at("/")).await?;
    expect_text(&page, "Avant : l’application seule")
}

async fn anonymous(field: &Field, browser: &Browser) -> io::Result<()> {
    let page = browser.open(&field.at("/urbanisme")).await?;
    expect_text(&page, "Bonjour, visiteur.")
}

async fn script(field: &Field) -> io::Result<()> {
    let script = Browser::new()
        .with_header("accept", "application/json")
        .with_header("sec-fetch-mode", "cors")
        .with_header("sec-fetch-dest", "empty");
    let page = script.ask(&field.at("/urbanisme/dossier")).await?;
    let media_type = page
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    expect(
        page.status == StatusCode::UNAUTHORIZED
            && media_type.is_some_and(|media_type| media_type.starts_with("application/problem+json")),
        || format!("{} {media_type:?}", page.status),
    )
}

async fn chooser(field: &Field, browser: &Browser) -> io::Result<Page> {
    let page = browser.open(&field.at("/urbanisme/dossier?piece=2")).await?;
    page.link("/_guichet/login/fc")?;
    expect(page.url.as_str().starts_with(&field.gateway), || {
        page.url.to_string()
    })?;
    Ok(page)
}

async fn through_provider(field: &Field, browser: &Browser, chooser: &Page) -> io::Result<Page> {
    let choice = browser.click_on(chooser, "/_guichet/login/fc").await?;
    expect(choice.url.as_str().starts_with(&field.issuer), || {
        choice.url.to_string()
    })?;
    expect_text(&choice, "aucune identité réelle")?;
    let information = browser.press(&choice, "zoe").await?;
    let arrived = browser.press(&information, "Continuer").await?;
    let wanted = field.at("/urbanisme/dossier?piece=2");
    expect(arrived.url.as_str() == wanted, || {
        format!("arrivé à {} ({})", arrived.url, arrived.status)
    })?;
    Ok(arrived)
}

fn greeted(arrived: &Page, zoe: &Person) -> io::Result<()> {
    expect_text(arrived, &format!("Dossier de {}", zoe.full_name()))
}

async fn hello(field: &Field, browser: &Browser, zoe: &Person) -> io::Result<()> {
    let page = browser.open(&field.at("/urbanisme")).await?;
    expect_text(&page, &format!("Bonjour {}", zoe.full_name()))
}

async fn again(field: &Field, browser: &Browser) -> io::Result<()> {
    let page = browser.open(&field.at("/urbanisme/dossier")).await?;
    expect(page.status == StatusCode::OK && page.hops.len() == 1, || {
        format!("{} après {} requêtes", page.status, page.hops.len())
    })
}

async fn assertion(field: &Field, browser: &Browser, zoe: &Person) -> io::Result<()> {
    let received = browser.open(&field.at("/urbanisme/octets")).await?.text();
    let token = application_check::header(&received, "x-guichet-assertion")
        .ok_or_else(|| io::Error::other("aucune assertion reçue"))?;
    let application = VerifyingApplication::of(field).await?;
    let claims = application
        .verify(token, MovableClock::default().now().as_secs())
        .map_err(io::Error::other)?;
    for name in ["sub", "given_name", "family_name", "birthdate", "birthplace"] {
        expect(claims.get(name) == zoe.claims.get(name), || {
            format!("{name} : {:?}", claims.get(name))
        })?;
    }
    expect(!received.contains("guichet-session"), || {
        "un cookie de la passerelle est passé".to_owned()
    })
}

async fn logout(field: &Field, browser: &Browser) -> io::Result<()> {
    let question = browser.open(&field.at("/_guichet/logout")).await?;
    let form = question
        .forms()
        .into_iter()
        .find(|form| form.post)
        .ok_or_else(|| io::Error::other(format!("aucun formulaire de déconnexion ({})", question.status)))?;
    let provider = browser.submit(&question, &form, form.buttons.first()).await?;
    expect(provider.url.as_str().starts_with(&field.issuer), || {
        format!("arrivé à {} ({})", provider.url, provider.status)
    })?;
    expect(
        provider
            .url
            .query_pairs()
            .any(|(name, value)| name == "state" && value.len() >= 32),
        || "aucun state vers FranceConnect".to_owned(),
    )?;
    let back = browser.press(&provider, "Continuer").await?;
    expect(back.came_by(&field.at("/_guichet/logged-out?state=")), || {
        format!("arrivé à {} ({})", back.url, back.status)
    })?;
    expect(back.status == StatusCode::OK, || {
        format!("{} {}", back.url, back.status)
    })
}

async fn asked_again(field: &Field, browser: &Browser) -> io::Result<()> {
    let choice = browser
        .open(&field.at("/_guichet/login/fc?return_to=%2Furbanisme"))
        .await?;
    choice.button("zoe").map(drop)
}

async fn cancel(field: &Field, browser: &Browser) -> io::Result<()> {
    let choice = browser
        .open(&field.at("/_guichet/login/fc?return_to=%2Furbanisme"))
        .await?;
    let page = browser.click_on(&choice, "Revenir au service").await?;
    expect(page.url.as_str().starts_with(&field.gateway), || {
        page.url.to_string()
    })?;
    expect(page.status == StatusCode::OK, || {
        format!("{} {}", page.url, page.status)
    })?;
    expect(field.session_cookie(browser).is_none(), || {
        "une session est ouverte".to_owned()
    })
}
