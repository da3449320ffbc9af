//! The attacks, in the order in which they are shown. Each runs for real against the running gateway.

use std::io;

use crate::demo::attack::Report;
use crate::demo::attack_callback;
use crate::demo::attack_header;
use crate::demo::attack_request;
use crate::demo::attack_session;
use crate::demo::field::Field;

/// One attack, and what has to be known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attack {
    kind: Kind,
    /// The name in forms.
    pub(crate) slug: &'static str,
    /// What the attacker does.
    pub(crate) title: &'static str,
    /// What must happen.
    pub(crate) expectation: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    ForgedIdentity,
    ForgedSpellings,
    ConnectionNomination,
    AlgorithmNone,
    PublicKeyAsSecret,
    StaleAssertion,
    ForeignCallback,
    ForeignState,
    ReplayedCallback,
    OpenRedirect,
    UnknownSession,
    TwoCookies,
    LogoutByImage,
    PathConfusion,
    ForgedOrigin,
    Smuggling,
}

/// All of them.
pub(crate) const ALL: &[Attack] = &[
    Attack {
        kind: Kind::ForgedIdentity,
        slug: "identite-forgee",
        title: "Envoyer soi-même les en-têtes d’identité",
        expectation: "Tout ce qu’un client envoie sous un nom réservé est retiré : l’application ne reçoit rien de forgé.",
    },
    Attack {
        kind: Kind::ForgedSpellings,
        slug: "orthographes",
        title: "Les mêmes en-têtes, écrits autrement",
        expectation: "PHP, WSGI et CGI confondent « - », « _ » et « . » : toutes ces écritures sont retirées aussi.",
    },
    Attack {
        kind: Kind::ConnectionNomination,
        slug: "connection",
        title: "Faire retirer l’identité par l’en-tête Connection",
        expectation: "L’identité est écrite en dernier : la liste de Connection ne peut plus l’effacer.",
    },
    Attack {
        kind: Kind::AlgorithmNone,
        slug: "alg-none",
        title: "Une assertion sans signature (alg: none)",
        expectation: "Elle n’arrive pas à l’application, et une application qui vérifie la refuserait.",
    },
    Attack {
        kind: Kind::PublicKeyAsSecret,
        slug: "hs256",
        title: "Une assertion HS256 signée avec la clé publique",
        expectation: "Elle n’arrive pas à l’application, et une application qui vérifie n’admet qu’ES256.",
    },
    Attack {
        kind: Kind::StaleAssertion,
        slug: "assertion-perimee",
        title: "Contourner la passerelle avec une vieille assertion",
        expectation: "Une application joignable directement croit ce qu’on lui dit ; si elle vérifie l’assertion, elle refuse celle qui est périmée ou retouchée.",
    },
    Attack {
        kind: Kind::ForeignCallback,
        slug: "retour-etranger",
        title: "Faire ouvrir à la victime le retour de connexion de l’attaquant",
        expectation: "Sans le cookie de la tentative, le retour n’ouvre aucune session.",
    },
    Attack {
        kind: Kind::ForeignState,
        slug: "state-etranger",
        title: "Un retour de connexion avec un autre state",
        expectation: "Le code n’est pas échangé : aucune session.",
    },
    Attack {
        kind: Kind::ReplayedCallback,
        slug: "retour-rejoue",
        title: "Rejouer un retour de connexion déjà servi",
        expectation: "Dans un autre navigateur, l’adresse ne vaut plus rien.",
    },
    Attack {
        kind: Kind::OpenRedirect,
        slug: "redirection",
        title: "Sortir du site par return_to",
        expectation: "On revient toujours sur le site, quelle que soit l’adresse demandée.",
    },
    Attack {
        kind: Kind::UnknownSession,
        slug: "session-inconnue",
        title: "Inventer un cookie de session",
        expectation: "Rien n’arrive à l’application : la page de connexion s’affiche.",
    },
    Attack {
        kind: Kind::TwoCookies,
        slug: "deux-cookies",
        title: "Planter un second cookie de session",
        expectation: "Un nom qui vient deux fois ne vaut rien, et nos cookies n’arrivent jamais à l’application.",
    },
    Attack {
        kind: Kind::LogoutByImage,
        slug: "deconnexion-image",
        title: "Déconnecter quelqu’un par une image",
        expectation: "L’adresse de déconnexion ne fait que poser la question.",
    },
    Attack {
        kind: Kind::PathConfusion,
        slug: "chemins",
        title: "Atteindre une page protégée par un chemin ambigu",
        expectation: "Un chemin ambigu est refusé, jamais réparé : rien n’arrive à l’application.",
    },
    Attack {
        kind: Kind::ForgedOrigin,
        slug: "x-forwarded",
        title: "Se faire passer pour une autre adresse",
        expectation: "X-Forwarded-* est réécrit d’après la connexion.",
    },
    Attack {
        kind: Kind::Smuggling,
        slug: "contrebande",
        title: "Cacher une seconde requête dans le corps de la première",
        expectation: "Deux longueurs qui se contredisent : la requête cachée n’arrive pas.",
    },
];

impl Attack {
    /// Runs the attack.
    pub(crate) async fn run(&self, field: &Field) -> io::Result<Report> {
        match self.kind {
            Kind::ForgedIdentity => attack_header::forged_identity(field).await,
            Kind::ForgedSpellings => attack_header::forged_spellings(field).await,
            Kind::ConnectionNomination => attack_header::connection_nomination(field).await,
            Kind::AlgorithmNone => attack_header::algorithm_none(field).await,
            Kind::PublicKeyAsSecret => attack_header::public_key_as_secret(field).await,
            Kind::StaleAssertion => attack_header::stale_assertion(field).await,
            Kind::ForeignCallback => attack_callback::foreign_callback(field).await,
            Kind::ForeignState => attack_callback::foreign_state(field).await,
            Kind::ReplayedCallback => attack_callback::replayed_callback(field).await,
            Kind::OpenRedirect => attack_callback::open_redirect(field).await,
            Kind::UnknownSession => attack_session::unknown_session(field).await,
            Kind::TwoCookies => attack_session::two_cookies(field).await,
            Kind::LogoutByImage => attack_session::logout_by_image(field).await,
            Kind::PathConfusion => attack_request::path_confusion(field).await,
            Kind::ForgedOrigin => attack_request::forged_origin(field).await,
            Kind::Smuggling => attack_request::smuggling(field).await,
        }
    }
}
