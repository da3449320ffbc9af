//! The languages, each in a file of its own.

use crate::pages::catalogue::Catalogue;
use crate::pages::locale::Locale;

mod en;
mod fr;

/// The strings of a language.
pub(crate) fn catalogue(locale: Locale) -> &'static Catalogue {
    match locale {
        Locale::Fr => &fr::FRENCH,
        Locale::En => &en::ENGLISH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_official_words_stand_as_they_were_given() {
        let french = &catalogue(Locale::Fr).chooser;
        assert_eq!(french.sign_in_with, "S’identifier avec");
        assert_eq!(
            french.franceconnect,
            "FranceConnect est la solution proposée par l’État pour sécuriser et simplifier la connexion à vos \
             services en ligne."
        );
        assert_eq!(
            french.franceconnect_plus,
            "FranceConnect+ est la solution proposée par l’État, pour renforcer la sécurité de vos services en ligne \
             les plus sensibles."
        );
        for (name, link) in [
            ("FranceConnect", "Qu’est-ce que FranceConnect\u{a0}?"),
            ("FranceConnect+", "Qu’est-ce que FranceConnect+\u{a0}?"),
            ("ProConnect", "Qu’est-ce que ProConnect\u{a0}?"),
        ] {
            assert_eq!((french.what_is)(name), link);
        }
        assert_eq!(french.new_window, " - nouvelle fenêtre");
        assert_eq!(french.citizen, "Vous êtes un particulier");
        assert_eq!(
            french.professional,
            "Vous êtes un professionnel ou un agent public"
        );
        let english = &catalogue(Locale::En).chooser;
        assert_eq!(english.sign_in_with, "Sign in with");
        assert_eq!((english.what_is)("FranceConnect"), "What is FranceConnect?");
    }
}
