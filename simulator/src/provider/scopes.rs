//! Which claims a scope delivers at FranceConnect (low).

/// Every scope with its claims. `amr` is known as a scope and delivers nothing.
pub(crate) const SCOPES: &[(&str, &[&str])] = &[
    ("openid", &["sub"]),
    (
        "identite_pivot",
        &[
            "given_name",
            "given_name_array",
            "family_name",
            "birthdate",
            "gender",
            "birthplace",
            "birthcountry",
        ],
    ),
    (
        "profile",
        &[
            "given_name",
            "given_name_array",
            "family_name",
            "birthdate",
            "gender",
            "preferred_username",
        ],
    ),
    ("birth", &["birthplace", "birthcountry"]),
    ("given_name", &["given_name", "given_name_array"]),
    ("family_name", &["family_name"]),
    ("gender", &["gender"]),
    ("birthdate", &["birthdate"]),
    ("birthplace", &["birthplace"]),
    ("birthcountry", &["birthcountry"]),
    ("email", &["email"]),
    ("preferred_username", &["preferred_username"]),
    ("idp_birthdate", &["idp_birthdate"]),
    ("idp_id", &["idp_id"]),
    ("amr", &[]),
];

/// The claims of a space separated list of scopes, without repetition.
pub(crate) fn claims_of(scope: &str) -> Vec<&'static str> {
    let mut claims = Vec::new();
    for (_, delivered) in SCOPES
        .iter()
        .filter(|(name, _)| scope.split(' ').any(|each| each == *name))
    {
        for claim in *delivered {
            if !claims.contains(claim) {
                claims.push(*claim);
            }
        }
    }
    claims
}

/// Whether the provider has such a scope at all.
pub(crate) fn is_known(scope: &str) -> bool {
    SCOPES.iter().any(|(name, _)| *name == scope)
}
