//! Forms of a path that programs read in several ways, and that some old applications cannot do without.

/// One such form. Everything else that could be read in two ways is refused for every application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ambiguity {
    /// `/page;jsessionid=1`: servlet containers cut a parameter away, others keep it.
    Parameters,
    /// `/group%2Fproject`: a name with a slash in it, or two segments.
    EscapedSlashes,
    /// `/wiki//page`: an empty segment, or one slash.
    EmptySegments,
}

impl Ambiguity {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Parameters, Self::EscapedSlashes, Self::EmptySegments];

    /// What it looks like: a word of the key `allow_in_path`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Parameters => ";",
            Self::EscapedSlashes => "%2F",
            Self::EmptySegments => "//",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Parameters => 1,
            Self::EscapedSlashes => 2,
            Self::EmptySegments => 4,
        }
    }
}

/// Some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ambiguities(u8);

impl Ambiguities {
    /// One more.
    pub fn add(&mut self, ambiguity: Ambiguity) {
        self.0 |= ambiguity.bit();
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The first one that is not among those.
    pub fn beyond(self, those: Self) -> Option<Ambiguity> {
        let over = self.0 & !those.0;
        Ambiguity::ALL
            .into_iter()
            .find(|ambiguity| over & ambiguity.bit() != 0)
    }
}

impl FromIterator<Ambiguity> for Ambiguities {
    fn from_iter<I: IntoIterator<Item = Ambiguity>>(some: I) -> Self {
        let mut all = Self::default();
        some.into_iter().for_each(|each| all.add(each));
        all
    }
}
