//! "Did you mean": the known word that is nearest to an unknown one.

use crate::config::key::bounded;

/// The known word that somebody probably meant.
pub fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (strsim::jaro_winkler(unknown, word), word))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

/// What to say about an unknown key: the nearest known one, or all of them.
pub fn of_keys<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    nearest(unknown, known.iter().copied())
        .map_or_else(|| one_of(&known), |word| format!("did you mean `{word}`?"))
}

/// What to say about an unknown word: a short list is said whole, because a near word can be a wrong one (`eidas1`,
/// `eidas2`).
pub fn of_words<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    if known.len() <= 4 {
        one_of(&known)
    } else {
        of_keys(unknown, known)
    }
}

fn one_of(known: &[&str]) -> String {
    match known {
        [] => "there is nothing to choose from".to_owned(),
        [only] => format!("only `{}` is possible", bounded(only)),
        _ => format!("one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_understood() {
        assert_eq!(
            nearest("idle_timout", ["idle_timeout", "listen"]),
            Some("idle_timeout")
        );
        assert_eq!(nearest("zzz", ["idle_timeout", "listen"]), None);
    }
}
