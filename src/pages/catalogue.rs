//! Every sentence that a page can say, as types: a language that lacks one does not compile.
//!
//! Names go in through the functions and are escaped by the templates like everything else. No sentence depends on a
//! person, and none says why a check failed: that stands in the log, under the reference.

use crate::pages::organisation::AccessibilityStatus;

/// A sentence about one name: the service's, the provider's or the organisation's, as the field says.
pub(crate) type About = fn(&str) -> String;
/// A sentence about the service and the provider, in this order.
pub(crate) type AboutBoth = fn(&str, &str) -> String;

/// One language.
pub(crate) struct Catalogue {
    pub(crate) frame: FrameText,
    pub(crate) chooser: ChooserText,
    pub(crate) login: LoginText,
    pub(crate) access: AccessText,
    pub(crate) sign_out: SignOutText,
    pub(crate) service: ServiceText,
    pub(crate) limit: LimitText,
    pub(crate) problem: ProblemText,
}

/// What stands on every page.
pub(crate) struct FrameText {
    /// The language's own name.
    pub(crate) own_name: &'static str,
    pub(crate) skip: &'static str,
    /// Names the navigation that holds the switch.
    pub(crate) language: &'static str,
    pub(crate) error_prefix: &'static str,
    pub(crate) contact: &'static str,
    pub(crate) legal_notice: &'static str,
    pub(crate) accessibility: fn(AccessibilityStatus) -> &'static str,
    pub(crate) reference: &'static str,
    /// About the organisation: stands before the reference, where it can be contacted.
    pub(crate) help: About,
    pub(crate) help_link: &'static str,
    /// About the service.
    pub(crate) back_to: About,
    pub(crate) retry: &'static str,
}

/// The page with the provider's button.
pub(crate) struct ChooserText {
    /// For the window's title, which names the service anyway.
    pub(crate) short_title: &'static str,
    pub(crate) title: About,
    pub(crate) cancelled: &'static str,
    pub(crate) session_ended: &'static str,
    /// Somebody is signed in, and the page needs one of the choices below.
    pub(crate) not_enough: &'static str,
    pub(crate) citizen: &'static str,
    pub(crate) professional: &'static str,
    /// About the provider.
    pub(crate) method: About,
    /// Official.
    pub(crate) franceconnect: &'static str,
    /// Official.
    pub(crate) franceconnect_plus: &'static str,
    /// Official: the button's first line.
    pub(crate) sign_in_with: &'static str,
    pub(crate) simulated: About,
    pub(crate) simulated_note: &'static str,
    /// Official: the link below the button, about the provider.
    pub(crate) what_is: About,
    /// Official: what the link's title adds.
    pub(crate) new_window: &'static str,
    pub(crate) or: &'static str,
}

/// What can go wrong between the button and the page that was asked for.
pub(crate) struct LoginText {
    pub(crate) restart: &'static str,
    pub(crate) interrupted: &'static str,
    pub(crate) interrupted_why: About,
    pub(crate) interrupted_next: &'static str,
    pub(crate) expired: &'static str,
    pub(crate) expired_why: About,
    pub(crate) expired_next: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) unknown_why: &'static str,
    pub(crate) unknown_next: About,
    pub(crate) open: About,
    /// About the provider.
    pub(crate) provider_error: About,
    pub(crate) provider_error_why: AboutBoth,
    /// About the provider.
    pub(crate) provider_unavailable: About,
    pub(crate) provider_unavailable_why: AboutBoth,
    pub(crate) refused: &'static str,
    pub(crate) refused_why: AboutBoth,
    pub(crate) refused_next: &'static str,
    pub(crate) denied: &'static str,
    pub(crate) denied_why: About,
    pub(crate) other_login: &'static str,
}

/// Signed in, and not enough.
pub(crate) struct AccessText {
    pub(crate) other_provider: &'static str,
    pub(crate) other_provider_why: About,
    pub(crate) level: &'static str,
    pub(crate) level_why: About,
    pub(crate) fresh: &'static str,
    pub(crate) fresh_why: &'static str,
    pub(crate) confirm: &'static str,
    /// About a number of years.
    pub(crate) age: fn(u8) -> String,
    pub(crate) age_why: &'static str,
    pub(crate) age_next: &'static str,
    pub(crate) information: &'static str,
    /// About the name of a claim.
    pub(crate) information_why: About,
    pub(crate) other_person: &'static str,
    pub(crate) other_person_why: About,
    pub(crate) login_next: &'static str,
    pub(crate) nothing_next: &'static str,
}

/// The sign-out question and its outcomes.
pub(crate) struct SignOutText {
    pub(crate) question: &'static str,
    pub(crate) what_ends: AboutBoth,
    /// Where the provider has no end of session of its own.
    pub(crate) what_ends_here: About,
    pub(crate) several: About,
    /// About the provider: the heading of one session of several.
    pub(crate) session_at: About,
    pub(crate) sign_out: &'static str,
    /// About the provider.
    pub(crate) sign_out_of: About,
    pub(crate) stay: &'static str,
    /// Where nobody confirmed anything.
    pub(crate) shared_computer: &'static str,
    /// About the provider.
    pub(crate) shared_computer_at: About,
    /// Where people come with an account that they have at another service: FranceConnect.
    pub(crate) shared_computer_services: &'static str,
    pub(crate) done: &'static str,
    pub(crate) done_here: About,
    pub(crate) done_both: AboutBoth,
    pub(crate) partly: &'static str,
    pub(crate) partly_why: AboutBoth,
    pub(crate) partly_note: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) nothing_why: About,
}

/// Everything else: the application, the store, the address.
pub(crate) struct ServiceText {
    pub(crate) unavailable: About,
    pub(crate) unavailable_why: &'static str,
    pub(crate) slow: About,
    pub(crate) slow_why: &'static str,
    /// After a form met an application that did not answer.
    pub(crate) unsure_saved: &'static str,
    pub(crate) busy: &'static str,
    pub(crate) busy_why: About,
    pub(crate) store: &'static str,
    pub(crate) store_why: About,
    pub(crate) expired: &'static str,
    pub(crate) not_saved: &'static str,
    pub(crate) expired_next: &'static str,
    pub(crate) expired_hint: &'static str,
    pub(crate) sign_in_again: &'static str,
    pub(crate) bad_request: &'static str,
    pub(crate) bad_request_why: &'static str,
    pub(crate) not_found: &'static str,
    pub(crate) not_found_why: &'static str,
    pub(crate) method: &'static str,
    pub(crate) method_why: &'static str,
    pub(crate) internal: &'static str,
    pub(crate) internal_why: &'static str,
}

/// Whoever takes more than they may.
pub(crate) struct LimitText {
    pub(crate) head: &'static str,
    pub(crate) head_why: About,
    /// First: what the person can mend at once.
    pub(crate) head_address: &'static str,
    pub(crate) head_cookies: &'static str,
    pub(crate) head_note: &'static str,
    pub(crate) head_clear: &'static str,
    pub(crate) body: &'static str,
    pub(crate) body_why: About,
    pub(crate) slow: &'static str,
    pub(crate) slow_why: &'static str,
    pub(crate) requests: &'static str,
    pub(crate) requests_why: About,
    pub(crate) logins: &'static str,
    pub(crate) logins_why: About,
    pub(crate) logins_next: &'static str,
}

/// What only a script is told.
pub(crate) struct ProblemText {
    pub(crate) login_required: &'static str,
    pub(crate) login_required_detail: &'static str,
}
