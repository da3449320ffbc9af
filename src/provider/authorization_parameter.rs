//! What an authorization request may consist of, and why a provider answers one with a page of its own.

use serde::Deserialize;

/// A parameter of the authorization request (OpenID Connect Core 1.0, section 3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizationParameter {
    /// `client_id`.
    ClientId,
    /// `response_type`: always `code`.
    ResponseType,
    /// `redirect_uri`.
    RedirectUri,
    /// `scope`.
    Scope,
    /// `state`.
    State,
    /// `nonce`.
    Nonce,
    /// `acr_values`.
    AcrValues,
    /// `code_challenge` (RFC 7636, section 4.3).
    CodeChallenge,
    /// `code_challenge_method`: always `S256`.
    CodeChallengeMethod,
    /// `claims` (section 5.5).
    Claims,
    /// `prompt`.
    Prompt,
    /// `max_age`.
    MaxAge,
    /// `idp_hint`: behind which of its own providers a federation lets the person in.
    IdpHint,
}

impl AuthorizationParameter {
    /// Its name in the request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientId => "client_id",
            Self::ResponseType => "response_type",
            Self::RedirectUri => "redirect_uri",
            Self::Scope => "scope",
            Self::State => "state",
            Self::Nonce => "nonce",
            Self::AcrValues => "acr_values",
            Self::CodeChallenge => "code_challenge",
            Self::CodeChallengeMethod => "code_challenge_method",
            Self::Claims => "claims",
            Self::Prompt => "prompt",
            Self::MaxAge => "max_age",
            Self::IdpHint => "idp_hint",
        }
    }
}

/// Why a provider answers an authorization request with a page of its own, and the browser does not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// It has no client of this identifier.
    UnknownClient,
    /// The client has not registered this redirection URI.
    RedirectUri,
    /// A parameter is missing, or is one too many.
    Parameters,
    /// The redirection URIs are on several hosts, and the document that lists them is not what it has to be.
    SectorIdentifier,
}
