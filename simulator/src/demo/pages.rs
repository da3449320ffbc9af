//! The pages that explain: before and after, the bytes received, the attacks.

use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::demo::attack::Report;
use crate::demo::attack::Try;
use crate::demo::attack::Verdict;
use crate::demo::attacks;
use crate::demo::attacks::Attack;
use crate::site;
use crate::site::Answer;
use crate::text::escape;

/// The sheet of the gateway's pages, and what is special here.
pub(crate) const STYLE: &str = concat!(
    include_str!("../../assets/pages.css"),
    include_str!("../../assets/explain.css")
);

fn frame(title: &str, content: &str) -> Answer {
    let page = format!(
        r##"<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} – Démonstration de Guichet</title><link rel="stylesheet" href="/visite.css"></head><body><a class="skip" href="#contenu">Aller au contenu</a><header><p class="service"><span>Démonstration, personnes inventées</span>Guichet</p><nav aria-label="Pages de la démonstration"><a href="/">Avant et après</a> · <a href="/octets">Octets reçus</a> · <a href="/attaques">Attaques</a></nav></header><main id="contenu" tabindex="-1">{content}</main><footer><p>FranceConnect est simulé. Rien ne quitte cet ordinateur ; Ctrl-C efface tout.</p></footer></body></html>"##,
        title = escape(title)
    );
    let mut answer = site::html(StatusCode::OK, page);
    let policy =
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    site::set(&mut answer, "content-security-policy", policy);
    site::set(&mut answer, "x-content-type-options", "nosniff");
    site::set(&mut answer, "cache-control", "no-store");
    answer
}

/// The first page: the application alone, and the same one behind the gateway.
pub(crate) fn start(direct: &str) -> Answer {
    let content = format!(
        r#"<h1>La même application, avant et après Guichet</h1><div class="sides"><section class="card" aria-labelledby="avant"><h2 id="avant">Avant : l’application seule</h2><p>Une application de 1999, en HTTP, qui ne connaît personne et que l’on ne peut pas modifier.</p><div class="actions"><a class="button quiet" href="{direct}">Voir l’application seule</a></div></section><section class="card" aria-labelledby="apres"><h2 id="apres">Après : la même, derrière Guichet</h2><p>Pas une ligne changée. Connectez-vous au FranceConnect simulé, par exemple en tant que <strong>Zoé Éléonore LE GOÛT-NŒUVÉGLISE</strong> : l’application vous salue par votre nom.</p><div class="actions"><a class="button" href="/urbanisme/dossier">Ouvrir mon dossier</a><a class="button quiet" href="/urbanisme">Accueil du service</a></div></section></div><section class="card" aria-labelledby="suite"><h2 id="suite">Et ensuite</h2><ul class="list"><li><a href="/octets">Ce que l’application reçoit, octet par octet</a></li><li><a href="/attaques">{count} attaques, lancées pour de vrai</a></li><li><a href="/_guichet/jwks.json">Les clés publiques qui vérifient l’assertion</a></li><li><a href="/_guichet/logout">Se déconnecter, ici et chez FranceConnect</a></li></ul></section>"#,
        direct = escape(direct),
        count = attacks::ALL.len(),
    );
    frame("Avant et après", &content)
}

/// The last request that the application received from a page of its own.
pub(crate) fn received(request: Option<&str>) -> Answer {
    let Some(request) = request else {
        return frame(
            "Octets reçus",
            r#"<div class="card"><h1>L’application n’a encore rien reçu</h1><div class="actions"><a class="button" href="/urbanisme">Ouvrir l’application</a></div></div>"#,
        );
    };
    let rows = request
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| is_ours(name))
        .map(|(name, value)| {
            let value = value.trim();
            let meaning = if name.eq_ignore_ascii_case("x-guichet-assertion") {
                format!("<pre>{}</pre>", escape(&assertion(value)))
            } else {
                escape(&percent_decode_str(value).decode_utf8_lossy())
            };
            format!(
                "<tr><th scope=\"row\">{}</th><td>{meaning}</td></tr>",
                escape(name)
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let table = if rows.is_empty() {
        "<p>Aucun en-tête d’identité : cette page est ouverte à tous, ou personne n’était connecté.</p>"
            .to_owned()
    } else {
        format!(
            r#"<h2>Ce que cela veut dire</h2><table><thead><tr><th scope="col">En-tête</th><th scope="col">Lu</th></tr></thead><tbody>{rows}</tbody></table>"#
        )
    };
    let content = format!(
        r#"<div class="card"><h1>La dernière requête reçue par l’application</h1><p>Telle qu’elle est arrivée, octet par octet. En gras : ce que Guichet a écrit.</p><pre class="whole">{}</pre>{table}<div class="actions"><a class="button" href="/urbanisme">Ouvrir l’application</a><a class="button quiet" href="/octets">Actualiser</a><a class="button quiet" href="/">Retour à la visite</a></div></div>"#,
        marked(request.trim_end())
    );
    frame("Octets reçus", &content)
}

/// Whether the gateway alone writes fields of this name.
fn is_ours(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("x-guichet-")
}

/// The lines, with the gateway's own marked.
fn marked(request: &str) -> String {
    let lines = request.lines().map(|line| {
        if is_ours(line) {
            format!("<mark>{}</mark>", escape(line))
        } else {
            escape(line)
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Header and claims of a compact JWS, readable.
fn assertion(token: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    token
        .split('.')
        .take(2)
        .map(|part| {
            let json = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
            serde_json::from_slice::<Value>(&json)
                .map_or_else(|_no_json| part.to_owned(), |value| format!("{value:#}"))
        })
        .collect::<Vec<_>>()
        .join("\n.\n")
}

/// The list of attacks.
pub(crate) fn attacks() -> Answer {
    let items = attacks::ALL
        .iter()
        .map(|attack| {
            format!(
                r#"<li><h2>{}</h2><p class="soft">{}</p><form method="post" action="/attaques"><button class="button quiet" name="attaque" value="{}" aria-label="Lancer : {}">Lancer</button></form></li>"#,
                escape(attack.title),
                escape(attack.expectation),
                attack.slug,
                escape(attack.title),
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let content = format!(
        r#"<div class="card"><h1>{} attaques contre la passerelle qui tourne</h1><p>Chacune part pour de vrai, et montre ce qui a été envoyé, ce que la passerelle a répondu et ce que l’application a reçu.</p><form method="post" action="/attaques"><button class="button" name="attaque" value="toutes">Tout lancer</button></form></div><div class="card"><ul class="list">{items}</ul></div>"#,
        attacks::ALL.len()
    );
    frame("Attaques", &content)
}

/// What attacks did.
pub(crate) fn reports(reports: &[(Attack, std::io::Result<Report>)]) -> Answer {
    let cards: String = reports.iter().map(card).collect();
    let held = reports
        .iter()
        .filter(|(_, report)| {
            report
                .as_ref()
                .is_ok_and(|report| report.verdict() == Verdict::Held)
        })
        .count();
    let content = format!(
        r#"<div class="card"><h1>{held} sur {} : la passerelle a tenu</h1><div class="actions"><a class="button" href="/attaques">Toutes les attaques</a></div></div>{cards}"#,
        reports.len()
    );
    frame("Résultat", &content)
}

fn card((attack, report): &(Attack, std::io::Result<Report>)) -> String {
    let (class, words, details) = match report {
        Ok(report) => {
            let (class, words) = match report.verdict() {
                Verdict::Held => ("verdict", "✔ La passerelle a tenu."),
                Verdict::Broken => ("verdict broken", "✘ L’attaque est passée."),
            };
            (
                class,
                words,
                report.tries.iter().map(one_try).collect::<Vec<_>>().concat(),
            )
        }
        Err(error) => (
            "verdict broken",
            "✘ L’essai n’a pas pu être mené.",
            format!("<pre>{}</pre>", escape(&error.to_string())),
        ),
    };
    format!(
        r#"<section class="card"><h2>{}</h2><p class="soft">{}</p><p class="{class}">{words}</p>{details}</section>"#,
        escape(attack.title),
        escape(attack.expectation),
    )
}

fn one_try(each: &Try) -> String {
    format!(
        r#"<div class="try"><div><h3>Envoyé</h3><pre tabindex="0">{}</pre></div><div><h3>{} Répondu</h3><pre tabindex="0">{}</pre></div><div><h3>Reçu par l’application</h3><pre tabindex="0">{}</pre></div></div>"#,
        escape(&each.sent),
        each.verdict.sign(),
        escape(&each.answered),
        escape(each.received.as_deref().unwrap_or("rien")),
    )
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn what_the_gateway_wrote_is_marked_and_what_somebody_else_wrote_is_text() {
        let request = "GET / HTTP/1.1\r\nX-Other: <b>\r\nX-Guichet-Sub: <i>";
        assert_eq!(
            marked(request),
            "GET / HTTP/1.1\nX-Other: &lt;b&gt;\n<mark>X-Guichet-Sub: &lt;i&gt;</mark>"
        );
    }
}
