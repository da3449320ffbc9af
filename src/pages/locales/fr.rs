//! French. Apostrophes are U+2019; a no-break space stands before `?`, `!`, `:`, `;` and inside « ». It is written `\u{a0}`,
//! so that whoever edits a sentence sees it. Names of services take no `de` and no `le`: they would have to agree. Nothing
//! that is said of the person agrees with them: a session is open, nobody is `connecté`.

use crate::pages::catalogue::AccessText;
use crate::pages::catalogue::Catalogue;
use crate::pages::catalogue::ChooserText;
use crate::pages::catalogue::FrameText;
use crate::pages::catalogue::LimitText;
use crate::pages::catalogue::LoginText;
use crate::pages::catalogue::ProblemText;
use crate::pages::catalogue::ServiceText;
use crate::pages::catalogue::SignOutText;
use crate::pages::organisation::AccessibilityStatus;

pub(crate) static FRENCH: Catalogue = Catalogue {
    frame: FRAME,
    chooser: CHOOSER,
    login: LOGIN,
    access: ACCESS,
    sign_out: SIGN_OUT,
    service: SERVICE,
    limit: LIMIT,
    problem: PROBLEM,
};

const FRAME: FrameText = FrameText {
    own_name: "Français",
    skip: "Aller au contenu",
    language: "Langue",
    error_prefix: "Erreur\u{a0}: ",
    contact: "Contact",
    legal_notice: "Mentions légales",
    accessibility: |status| match status {
        AccessibilityStatus::Full => "Accessibilité\u{a0}: totalement conforme",
        AccessibilityStatus::Partial => "Accessibilité\u{a0}: partiellement conforme",
        AccessibilityStatus::None => "Accessibilité\u{a0}: non conforme",
    },
    reference: "Référence",
    help: |organisation| format!("Si le problème continue, donnez cette référence à {organisation}."),
    help_link: "Demander de l’aide",
    back_to: |service| format!("Revenir à {service}"),
    retry: "Réessayer",
};

const CHOOSER: ChooserText = ChooserText {
    short_title: "Connexion",
    title: |service| format!("Connexion à {service}"),
    cancelled: "Vous avez interrompu la connexion. Aucune donnée n’a été transmise.",
    session_ended: "Votre session a pris fin. Après la connexion, vous reviendrez à la page demandée.",
    not_enough: "Votre session est déjà ouverte, mais cette page demande l’une des connexions ci-dessous. Vous y reviendrez \
                 ensuite.",
    citizen: "Vous êtes un particulier",
    professional: "Vous êtes un professionnel ou un agent public",
    method: |provider| format!("Se connecter avec {provider}"),
    franceconnect: "FranceConnect est la solution proposée par l’État pour sécuriser et simplifier la connexion à vos services \
                    en ligne.",
    franceconnect_plus: "FranceConnect+ est la solution proposée par l’État, pour renforcer la sécurité de vos services en \
                         ligne les plus sensibles.",
    sign_in_with: "S’identifier avec",
    simulated: |provider| format!("{provider} simulé"),
    simulated_note: "Démonstration\u{a0}: les personnes sont inventées, rien ne quitte cette machine.",
    what_is: |provider| format!("Qu’est-ce que {provider}\u{a0}?"),
    new_window: " - nouvelle fenêtre",
    or: "ou",
};

const LOGIN: LoginText = LoginText {
    restart: "Recommencer la connexion",
    interrupted: "La connexion a été interrompue",
    interrupted_why: |service| {
        format!(
            "La connexion à {service} n’est pas allée jusqu’au bout. Cela peut arriver quand une page est demandée deux \
             fois."
        )
    },
    interrupted_next: "Recommencez\u{a0}: vous reviendrez à la page que vous aviez demandée.",
    expired: "La demande de connexion a expiré",
    expired_why: |service| {
        format!("Elle est restée ouverte trop longtemps. Aucune donnée n’a été transmise à {service}.")
    },
    expired_next: "Recommencez\u{a0}: vous reviendrez à la page que vous aviez demandée.",
    unknown: "Cette connexion ne peut pas se terminer ici",
    unknown_why: "Une connexion se termine dans le navigateur où elle a commencé. Ce n’est pas le cas si un lien a été \
                  ouvert depuis une messagerie, un document ou une autre application, ou si les cookies sont refusés.",
    unknown_next: |service| {
        format!("Ouvrez {service} dans ce navigateur, puis connectez-vous. Aucune donnée n’a été transmise.")
    },
    open: |service| format!("Ouvrir {service}"),
    provider_error: |provider| format!("{provider} n’a pas terminé la connexion"),
    provider_error_why: |service, provider| {
        format!(
            "La connexion à {service} n’a pas eu lieu\u{a0}: {provider} a signalé une difficulté. Vous pouvez réessayer \
             maintenant, ou un peu plus tard."
        )
    },
    provider_unavailable: |provider| format!("{provider} ne répond pas"),
    provider_unavailable_why: |service, provider| {
        format!(
            "La connexion à {service} passe par {provider}, qui ne répond pas pour le moment. Réessayez dans quelques \
             minutes."
        )
    },
    refused: "La connexion n’a pas pu être vérifiée",
    refused_why: |service, provider| {
        format!(
            "Nous n’avons pas pu vérifier la réponse envoyée par {provider}. Par précaution, la connexion à {service} n’a pas \
             eu lieu."
        )
    },
    refused_next: "Vos démarches ne sont pas affectées. Recommencez la connexion\u{a0}; si cela se reproduit, demandez de \
                   l’aide.",
    denied: "Accès non autorisé",
    denied_why: |service| {
        format!("La connexion à {service} a réussi, mais elle ne donne pas accès à cette page.")
    },
    other_login: "Se connecter autrement",
};

const ACCESS: AccessText = AccessText {
    other_provider: "Cette page demande une autre connexion",
    other_provider_why: |service| {
        format!(
            "Votre session est ouverte sur {service}, mais cette page demande un autre moyen de connexion."
        )
    },
    level: "Cette page demande une connexion plus sûre",
    level_why: |service| {
        format!(
            "Votre session est ouverte sur {service}, mais cette page demande une identité vérifiée à un niveau plus élevé."
        )
    },
    fresh: "Confirmez votre identité",
    fresh_why: "Cette page demande une identité vérifiée il y a peu de temps. La vôtre l’a été il y a plus longtemps.",
    confirm: "Confirmer mon identité",
    age: |years| format!("Cette page est réservée aux personnes de {years} ans et plus"),
    age_why: "La date de naissance transmise par votre moyen de connexion ne permet pas d’y accéder aujourd’hui.",
    age_next: "Si cette date est inexacte ou incomplète, adressez-vous à l’organisme qui gère votre moyen de connexion, ou \
               demandez de l’aide.",
    information: "Il manque une information",
    information_why: |claim| {
        format!("Cette page en a besoin, et votre moyen de connexion ne l’a pas transmise\u{a0}: {claim}.")
    },
    other_person: "Accès non autorisé",
    other_person_why: |service| {
        format!("Votre session est ouverte sur {service}, mais cette page est réservée à d’autres personnes.")
    },
    login_next: "Connectez-vous avec l’un des choix proposés\u{a0}: vous reviendrez à cette page.",
    nothing_next: "Se connecter de nouveau n’y changera rien. Revenez à l’accueil du service, ou demandez de l’aide.",
};

const SIGN_OUT: SignOutText = SignOutText {
    question: "Voulez-vous vous déconnecter\u{a0}?",
    what_ends: |service, provider| format!("La session sera fermée sur {service} et sur {provider}."),
    what_ends_here: |service| format!("La session sera fermée sur {service}."),
    several: |service| format!("Plusieurs sessions sont ouvertes sur {service}. Choisissez celle à fermer."),
    session_at: |provider| format!("Session ouverte avec {provider}"),
    sign_out: "Me déconnecter",
    sign_out_of: |provider| format!("Fermer la session {provider}"),
    stay: "Garder la session ouverte",
    shared_computer: "Sur un ordinateur partagé, fermez aussi le navigateur\u{a0}: le compte que vous avez utilisé peut \
                      rester ouvert.",
    shared_computer_at: |provider| {
        format!(
            "Sur un ordinateur partagé, fermez aussi le navigateur\u{a0}: le compte que vous avez utilisé avec {provider} \
             peut rester ouvert."
        )
    },
    shared_computer_services: "Sur un ordinateur partagé, fermez aussi le navigateur\u{a0}: votre fournisseur d’identité \
                               (impôts, Ameli, La Poste…) peut garder sa propre session.",
    done: "Déconnexion effectuée",
    done_here: |service| format!("La session est fermée sur {service}."),
    done_both: |service, provider| format!("La session est fermée sur {service} et sur {provider}."),
    partly: "Déconnexion partielle",
    partly_why: |service, provider| {
        format!(
            "La session est fermée sur {service}, mais {provider} n’a pas confirmé la fermeture de la sienne."
        )
    },
    partly_note: "Fermez toutes les fenêtres du navigateur, surtout sur un ordinateur partagé.",
    nothing: "Aucune session n’est ouverte",
    nothing_why: |service| format!("Il n’y a rien à fermer sur {service} dans ce navigateur."),
};

const SERVICE: ServiceText = ServiceText {
    unavailable: |service| format!("{service} est indisponible"),
    unavailable_why: "Le service ne répond pas pour le moment. Votre connexion n’est pas en cause. Réessayez dans quelques \
                      minutes.",
    slow: |service| format!("{service} met trop de temps à répondre"),
    slow_why: "Nous avons cessé d’attendre la réponse. Votre connexion n’est pas en cause. Réessayez dans quelques minutes.",
    unsure_saved: "Vous veniez d’envoyer des informations\u{a0}? Avant de recommencer, vérifiez si elles ont été \
                   enregistrées.",
    busy: "Trop de demandes en ce moment",
    busy_why: |service| {
        format!("Beaucoup de personnes utilisent {service}. Réessayez dans quelques secondes.")
    },
    store: "Les connexions ne peuvent pas être vérifiées",
    store_why: |service| {
        format!(
            "C’est un incident de notre côté, en général très court. Par précaution, {service} reste fermé pendant ce \
             temps. Inutile de fermer le navigateur\u{a0}: réessayez dans un instant."
        )
    },
    expired: "Session expirée",
    not_saved: "Les informations saisies n’ont pas été enregistrées.",
    expired_next: "Votre session avait pris fin avant l’envoi. Reconnectez-vous, puis recommencez la saisie.",
    expired_hint: "Le bouton «\u{a0}Précédent\u{a0}» du navigateur permet souvent de retrouver ce que vous aviez saisi, \
                   pour le copier avant de vous reconnecter.",
    sign_in_again: "Se reconnecter",
    bad_request: "Cette adresse ou cette demande n’est pas valable",
    bad_request_why: "L’adresse peut avoir été coupée ou modifiée. Si vous l’avez recopiée, vérifiez-la\u{a0}; sinon, \
                      repartez de l’accueil du service.",
    not_found: "Page non trouvée",
    not_found_why: "La page que vous cherchez n’existe pas ou n’existe plus. Si vous avez tapé l’adresse, vérifiez-la.",
    method: "Action impossible à cette adresse",
    method_why: "Rien n’a été fait. Repartez de l’accueil du service.",
    internal: "Erreur inattendue",
    internal_why: "Une erreur s’est produite de notre côté, veuillez nous en excuser. Réessayez dans un instant.",
};

const LIMIT: LimitText = LimitText {
    head: "Votre demande est trop longue",
    head_why: |service| {
        format!(
            "La demande que votre navigateur a envoyée à {service} est trop longue\u{a0}: elle n’a pas été acceptée."
        )
    },
    head_address: "Si l’adresse est très longue, raccourcissez-la ou saisissez-la de nouveau.",
    head_cookies: "Sinon, la cause est le plus souvent le nombre de cookies que ce site et ses voisins ont déposés dans votre \
                   navigateur. Effacez-les pour continuer\u{a0}: votre session sera fermée sur ce site et sur ceux qui \
                   partagent son nom.",
    head_note: "Si cette page revient, effacez les cookies de ce site dans les réglages de votre navigateur.",
    head_clear: "Effacer les cookies de ce site",
    body: "Votre envoi est trop volumineux",
    body_why: |service| {
        format!(
            "{service} n’accepte pas un formulaire ou un fichier de cette taille. Envoyez-en un plus petit."
        )
    },
    slow: "Votre connexion est trop lente",
    slow_why: "Votre envoi n’est pas arrivé à temps. Vérifiez votre connexion, puis recommencez.",
    requests: "Trop de demandes depuis votre réseau",
    requests_why: |service| {
        format!(
            "Votre appareil, ou ceux qui partagent sa connexion, demandent trop de choses à la fois à {service}. Réessayez \
             dans quelques secondes."
        )
    },
    logins: "Trop de connexions depuis votre réseau",
    logins_why: |service| {
        format!(
            "Votre appareil, ou ceux qui partagent sa connexion, ont commencé à se connecter à {service} un très grand \
             nombre de fois en une minute."
        )
    },
    logins_next: "Patientez une minute, puis réessayez. Aucune donnée n’a été transmise.",
};

const PROBLEM: ProblemText = ProblemText {
    login_required: "Connexion nécessaire",
    login_required_detail: "Ouvrez l’adresse «\u{a0}login\u{a0}» dans une fenêtre du navigateur.",
};
