//! The provider's own pages. Every one says that it is simulated.

use http::StatusCode;

use crate::people::Person;
use crate::provider::profile::LogoutPage;
use crate::provider::profile::Profile;
use crate::site;
use crate::site::Answer;
use crate::text::escape;

/// The sheet of the gateway's pages, and what is special here.
pub(crate) const STYLE: &str = concat!(
    include_str!("../../assets/pages.css"),
    include_str!("../../assets/simulated.css")
);
/// Sends the only form of a page.
pub(crate) const SUBMIT: &str = include_str!("../../assets/submit.js");

/// A whole page around the content of its card.
fn frame(provider: &str, title: &str, head: &str, card: &str) -> String {
    format!(
        r##"<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} – {provider} simulé</title><link rel="stylesheet" href="/api/v2/simulateur.css">{head}</head><body><a class="skip" href="#contenu">Aller au contenu</a><aside class="banner" aria-label="Simulation">Simulateur de {provider} – aucune identité réelle</aside><header><p class="service"><span>Simulateur</span>{provider} simulé</p></header><main id="contenu" tabindex="-1"><div class="card">{card}</div></main><footer><p>Cette page est une simulation locale : rien ne quitte cet ordinateur.</p></footer></body></html>"##,
        title = escape(title),
        provider = escape(provider),
    )
}

/// Who the person wants to be.
pub(crate) struct Choice<'a> {
    pub(crate) provider: &'a Profile,
    pub(crate) service: &'a str,
    pub(crate) uid: &'a str,
    pub(crate) csrf: &'a str,
    pub(crate) people: &'a [Person],
}

impl Choice<'_> {
    pub(crate) fn answer(&self) -> Answer {
        let people: String = self.people.iter().map(button).collect();
        let card = format!(
            r#"<h1>Choisissez une personne inventée</h1><p>Pour vous connecter à <strong>{}</strong>. {}</p><form method="post" action="/api/v2/redirect-to-idp"><input type="hidden" name="csrfToken" value="{}"><ul class="people">{people}</ul></form><div class="actions"><a class="button quiet" href="/api/v2/interaction/{}/abort">Revenir au service sans se connecter</a></div>"#,
            escape(self.service),
            escape(self.provider.instead),
            escape(self.csrf),
            escape(self.uid),
        );
        site::html(
            StatusCode::OK,
            frame(self.provider.title, "Choisir une personne", "", &card),
        )
    }
}

fn button(person: &Person) -> String {
    format!(
        r#"<li><button class="person" name="person" value="{}"><strong>{}</strong><span>{}</span></button></li>"#,
        escape(&person.slug),
        escape(&person.full_name()),
        escape(&person.note),
    )
}

/// What the service is about to learn.
pub(crate) struct Information<'a> {
    pub(crate) provider: &'a str,
    pub(crate) service: &'a str,
    pub(crate) uid: &'a str,
    pub(crate) csrf: &'a str,
    pub(crate) person: &'a Person,
    pub(crate) claims: &'a [&'a str],
}

impl Information<'_> {
    pub(crate) fn answer(&self) -> Answer {
        let rows = self
            .claims
            .iter()
            .filter_map(|claim| Some((claim, self.person.claims.get(*claim)?)))
            .map(|(claim, value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                format!("<dt>{}</dt><dd>{}</dd>", escape(claim), escape(&text))
            })
            .collect::<Vec<_>>()
            .concat();
        let card = format!(
            r#"<h1>Vous allez continuer en tant que {}</h1><p><strong>{}</strong> recevra ces données :</p><dl>{rows}</dl><form method="post" action="/api/v2/interaction/{}/login"><input type="hidden" name="csrfToken" value="{}"><div class="actions"><button class="button">Continuer vers {}</button></div></form>"#,
            escape(&self.person.full_name()),
            escape(self.service),
            escape(self.uid),
            escape(self.csrf),
            escape(self.service),
        );
        site::html(
            StatusCode::OK,
            frame(self.provider, "Données transmises", "", &card),
        )
    }
}

/// An error that stays at the provider: the service never hears of it, unless the person follows `back`.
pub(crate) struct Failure<'a> {
    pub(crate) provider: &'a str,
    pub(crate) status: StatusCode,
    pub(crate) code: &'a str,
    pub(crate) incident: &'a str,
    pub(crate) back: Option<&'a str>,
}

impl Failure<'_> {
    pub(crate) fn answer(&self) -> Answer {
        site::html(self.status, self.html())
    }

    pub(crate) fn html(&self) -> String {
        let back = self.back.map_or(String::new(), |link| {
            format!(
                r#"<div class="actions"><a class="button" href="{}">Retourner sur le service</a></div>"#,
                escape(link)
            )
        });
        let card = format!(
            r"<h1>Une erreur est survenue</h1><p>La connexion n’a pas pu aboutir.</p>{back}<dl><dt>Code</dt><dd>{}</dd><dt>Identifiant</dt><dd>{}</dd></dl>",
            escape(self.code),
            escape(self.incident),
        );
        frame(self.provider, &format!("Erreur : {}", self.code), "", &card)
    }
}

/// The page that ends the provider's session: it sends itself, or waits for a click where scripts are off; or it asks.
pub(crate) fn sign_out(provider: &Profile, xsrf: &str) -> Answer {
    let (title, script, button) = match provider.logout.page {
        LogoutPage::SendsItself => (
            "Déconnexion en cours",
            r#"<script src="/api/v2/simulateur.js" defer></script>"#,
            r#"<noscript><div class="actions"><button class="button">Continuer la déconnexion</button></div></noscript>"#,
        ),
        LogoutPage::Asks => (
            "Voulez-vous vous déconnecter ?",
            "",
            r#"<div class="actions"><button class="button">Oui, me déconnecter</button></div>"#,
        ),
    };
    let card = format!(
        r#"<h1>{title}</h1><form method="post" action="/api/v2/session/end/confirm"><input type="hidden" name="xsrf" value="{}"><input type="hidden" name="logout" value="yes">{button}</form>"#,
        escape(xsrf)
    );
    site::html(
        StatusCode::OK,
        frame(provider.title, "Déconnexion", script, &card),
    )
}

/// Where a sign-out ends that named no address to return to.
pub(crate) fn signed_out(provider: &str) -> Answer {
    let card = "<h1>Vous êtes déconnecté</h1><p>Vous pouvez fermer cette page.</p>";
    site::html(StatusCode::OK, frame(provider, "Déconnexion", "", card))
}
