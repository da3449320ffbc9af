//! What people read about a provider before they go there.

use serde::Deserialize;

/// The words that a provider prescribes; they may be translated, never altered.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Button {
    /// The provider's name, as people read it.
    pub name: String,
    /// Whether an operator may give it another name.
    pub naming: Naming,
    /// Whom it knows.
    pub people: People,
    /// The accounts with which people sign in there.
    pub accounts: Accounts,
    /// The sentence about itself that it wants beside the button.
    pub sentence: Sentence,
    /// The classes of its official button in the State's design system; absent, it has none.
    pub class: Option<String>,
    /// Where "What is ..?" leads; absent, there is no such link.
    pub about_url: Option<String>,
}

/// Whose word the name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Naming {
    /// The provider's.
    Prescribed,
    /// The operator's: key `title`.
    Free,
}

/// Whom a provider knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum People {
    /// Private individuals.
    Citizens,
    /// People at their work.
    Professionals,
    /// Nobody in particular.
    Anyone,
}

/// The accounts behind a provider: people stay signed in with one after they left us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accounts {
    /// Those that people have at other services.
    OfServices,
    /// Whichever it has.
    OfItsOwn,
}

/// The sentence beside a button; our pages have it in their languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sentence {
    /// That of FranceConnect.
    Franceconnect,
    /// That of FranceConnect+.
    FranceconnectPlus,
    /// None is wanted.
    None,
}
