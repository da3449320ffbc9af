//! Pages as they were written in 1999, and never touched since.

use http::StatusCode;
use percent_encoding::percent_decode_str;

use crate::site;
use crate::site::Answer;
use crate::site::Asked;
use crate::text::escape;

/// The one thing that this application knows about people: two headers, percent-encoded UTF-8.
pub(crate) fn name(asked: &Asked) -> Option<String> {
    let read = |header| {
        let value = asked.header(header)?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    };
    let names: Vec<String> = [read("x-guichet-given-name"), read("x-guichet-family-name")]
        .into_iter()
        .flatten()
        .collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// The page that greets.
pub(crate) fn home(asked: &Asked, tour: Option<&str>) -> Answer {
    let greeting = name(asked).map_or_else(
        || "Bonjour, visiteur. Vous n'&ecirc;tes pas identifi&eacute;(e).".to_owned(),
        |name| format!("Bonjour {}", escape(&name)),
    );
    // The demonstration shows them with their meaning; the application knows of none.
    let bytes = tour.map_or_else(
        || "/urbanisme/octets".to_owned(),
        |tour| format!("{}octets", escape(tour)),
    );
    let content = format!(
        r#"<h2>{greeting}</h2>
<table border="1" cellpadding="6">
<tr><td><a href="/urbanisme/dossier">Mon dossier de permis de construire</a></td><td>sur identification</td></tr>
<tr><td><a href="/urbanisme/public">Le plan local d'urbanisme</a></td><td>ouvert &agrave; tous</td></tr>
<tr><td><a href="{bytes}">Ce que cette application vient de recevoir</a></td><td>octet par octet</td></tr>
</table>
<p><a href="/_guichet/logout">Se d&eacute;connecter</a></p>"#
    );
    old("Urbanisme en ligne", &content, tour)
}

/// The page that only signed-in people see, because the gateway lets nobody else come here.
pub(crate) fn file(asked: &Asked, tour: Option<&str>) -> Answer {
    let name = name(asked).unwrap_or_else(|| "inconnu".to_owned());
    let content = format!(
        r#"<h2>Dossier de {}</h2>
<table border="1" cellpadding="6"><tr><td>PC 029 232 26 00042</td><td>Abri de jardin</td><td>en cours d'instruction</td></tr></table>
<p><a href="/urbanisme">Retour</a></p>"#,
        escape(&name)
    );
    old("Mon dossier", &content, tour)
}

/// A page for everyone.
pub(crate) fn public(tour: Option<&str>) -> Answer {
    let content = r#"<h2>Plan local d'urbanisme</h2><p>Consultable en mairie, le mardi de 9h &agrave; 11h30.</p><p><a href="/urbanisme">Retour</a></p>"#;
    old("Plan local d'urbanisme", content, tour)
}

pub(crate) fn not_found(tour: Option<&str>) -> Answer {
    let mut answer = old("Erreur 404", "<h2>Erreur 404</h2>", tour);
    *answer.status_mut() = StatusCode::NOT_FOUND;
    answer
}

fn old(title: &str, content: &str, tour: Option<&str>) -> Answer {
    let back = tour.map_or_else(String::new, |tour| {
        format!(
            r#"<p><font size="2">[D&eacute;monstration] <a href="{}">Retour &agrave; la visite guid&eacute;e</a></font></p>"#,
            escape(tour)
        )
    });
    let page = format!(
        r##"<html>
<head><meta charset="utf-8"><title>{title}</title></head>
<body bgcolor="#FFFFCC" text="#000066" link="#0000FF">
<table width="100%" bgcolor="#003399"><tr><td><font color="#FFFFFF" size="5" face="Times New Roman"><b>Mairie - Service de l'urbanisme</b></font></td></tr></table>
{content}
<hr><font size="2"><i>Optimis&eacute; pour Netscape 4 - Derni&egrave;re mise &agrave; jour : 12/03/1999</i></font>
{back}
</body>
</html>
"##
    );
    site::html(StatusCode::OK, page)
}
