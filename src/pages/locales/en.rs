//! English.

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

pub(crate) static ENGLISH: Catalogue = Catalogue {
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
    own_name: "English",
    skip: "Skip to content",
    language: "Language",
    error_prefix: "Error: ",
    contact: "Contact",
    legal_notice: "Legal notice",
    accessibility: |status| match status {
        AccessibilityStatus::Full => "Accessibility: fully compliant",
        AccessibilityStatus::Partial => "Accessibility: partially compliant",
        AccessibilityStatus::None => "Accessibility: not compliant",
    },
    reference: "Reference",
    help: |organisation| format!("If the problem persists, give this reference to {organisation}."),
    help_link: "Get help",
    back_to: |service| format!("Back to {service}"),
    retry: "Try again",
};

const CHOOSER: ChooserText = ChooserText {
    short_title: "Sign in",
    title: |service| format!("Sign in to {service}"),
    cancelled: "You stopped signing in. No information was passed on.",
    session_ended: "Your session has ended. Once signed in, you will return to the page you asked for.",
    not_enough: "You are already signed in, but this page needs one of the sign-ins below. You will return to it afterwards.",
    citizen: "You are a private individual",
    professional: "You are a professional or a public official",
    method: |provider| format!("Sign in with {provider}"),
    franceconnect: "FranceConnect is the French State’s solution to make signing in to your online services safer and simpler.",
    franceconnect_plus: "FranceConnect+ is the French State’s solution to strengthen the security of your most sensitive online \
                         services.",
    sign_in_with: "Sign in with",
    simulated: |provider| format!("Simulated {provider}"),
    simulated_note: "Demonstration: the people are invented, nothing leaves this machine.",
    what_is: |provider| format!("What is {provider}?"),
    new_window: " - new window",
    or: "or",
};

const LOGIN: LoginText = LoginText {
    restart: "Start signing in again",
    interrupted: "Your sign-in was interrupted",
    interrupted_why: |service| {
        format!("Signing in to {service} was not completed. This can happen when a page is requested twice.")
    },
    interrupted_next: "Start again: you will return to the page you asked for.",
    expired: "Your sign-in request has expired",
    expired_why: |service| {
        format!("It was left open for too long. No information was passed on to {service}.")
    },
    expired_next: "Start again: you will return to the page you asked for.",
    unknown: "This sign-in cannot be completed here",
    unknown_why: "A sign-in must be completed in the browser in which it began. It is not when a link was opened from an e-mail, \
                  a document or another application, or when cookies are refused.",
    unknown_next: |service| {
        format!("Open {service} in this browser, then sign in. No information was passed on.")
    },
    open: |service| format!("Open {service}"),
    provider_error: |provider| format!("{provider} did not complete your sign-in"),
    provider_error_why: |service, provider| {
        format!(
            "You are not signed in to {service}: {provider} reported a difficulty. You can try again now, or a little later."
        )
    },
    provider_unavailable: |provider| format!("{provider} is not responding"),
    provider_unavailable_why: |service, provider| {
        format!(
            "Signing in to {service} relies on {provider}, which is not responding at the moment. Try again in a few \
             minutes."
        )
    },
    refused: "Your sign-in could not be verified",
    refused_why: |service, provider| {
        format!(
            "We could not verify the answer received from {provider}. As a precaution, you were not signed in to {service}."
        )
    },
    refused_next: "Your procedures are not affected. Start signing in again; if this keeps happening, ask for help.",
    denied: "Access not allowed",
    denied_why: |service| format!("You signed in to {service}, but this does not give access to this page."),
    other_login: "Sign in another way",
};

const ACCESS: AccessText = AccessText {
    other_provider: "This page needs another sign-in",
    other_provider_why: |service| {
        format!("You are signed in to {service}, but this page is opened with another way of signing in.")
    },
    level: "This page needs a more secure sign-in",
    level_why: |service| {
        format!(
            "You are signed in to {service}, but this page needs an identity that was verified at a higher level."
        )
    },
    fresh: "Confirm your identity",
    fresh_why: "This page needs an identity that was verified a short time ago. Yours was verified earlier.",
    confirm: "Confirm my identity",
    age: |years| format!("This page is for people aged {years} and over"),
    age_why: "The date of birth that your way of signing in passed on does not give access to it today.",
    age_next: "If that date is wrong or incomplete, contact the body that runs your way of signing in, or ask for help.",
    information: "Some information is missing",
    information_why: |claim| {
        format!("This page needs it, and your way of signing in did not pass it on: {claim}.")
    },
    other_person: "Access not allowed",
    other_person_why: |service| format!("You are signed in to {service}, but this page is for other people."),
    login_next: "Sign in with one of the choices offered: you will return to this page.",
    nothing_next: "Signing in again will not change this. Go back to the start of the service, or ask for help.",
};

const SIGN_OUT: SignOutText = SignOutText {
    question: "Do you want to sign out?",
    what_ends: |service, provider| format!("You will be signed out of {service} and of {provider}."),
    what_ends_here: |service| format!("You will be signed out of {service}."),
    several: |service| format!("Several sessions are open on {service}. Choose the one to close."),
    session_at: |provider| format!("Session opened with {provider}"),
    sign_out: "Sign out",
    sign_out_of: |provider| format!("Close the {provider} session"),
    stay: "Stay signed in",
    shared_computer: "On a shared computer, close the browser too: the account that you used may still be open.",
    shared_computer_at: |provider| {
        format!(
            "On a shared computer, close the browser too: the account that you used with {provider} may still be open."
        )
    },
    shared_computer_services: "On a shared computer, close the browser too: your identity provider (impots.gouv, Ameli, La \
                               Poste…) may keep its own session.",
    done: "You are signed out",
    done_here: |service| format!("Your session is closed on {service}."),
    done_both: |service, provider| format!("Your session is closed on {service} and on {provider}."),
    partly: "Partly signed out",
    partly_why: |service, provider| {
        format!("You are signed out of {service}, but {provider} did not confirm that its session is closed.")
    },
    partly_note: "Close every browser window, especially on a shared computer.",
    nothing: "You are not signed in",
    nothing_why: |service| format!("There is no session to close on {service} in this browser."),
};

const SERVICE: ServiceText = ServiceText {
    unavailable: |service| format!("{service} is unavailable"),
    unavailable_why: "The service is not responding at the moment. Your sign-in is not the cause. Try again in a few minutes.",
    slow: |service| format!("{service} is taking too long to respond"),
    slow_why: "We stopped waiting for the answer. Your sign-in is not the cause. Try again in a few minutes.",
    unsure_saved: "Had you just sent information? Before you send it again, check whether it was saved.",
    busy: "Too many requests at the moment",
    busy_why: |service| format!("Many people are using {service}. Try again in a few seconds."),
    store: "Sessions cannot be verified",
    store_why: |service| {
        format!(
            "This is an incident on our side, usually a very short one. As a precaution, {service} stays closed meanwhile. \
             There is no need to close the browser: try again in a moment."
        )
    },
    expired: "Your session has expired",
    not_saved: "The information you entered was not saved.",
    expired_next: "Your session had ended before you sent it. Sign in again, then enter it once more.",
    expired_hint: "Your browser’s “Back” button often brings back what you had entered, so that you can copy it before signing in \
                   again.",
    sign_in_again: "Sign in again",
    bad_request: "This address or request is not valid",
    bad_request_why: "The address may have been cut or altered. If you copied it, check it; otherwise start from the service’s \
                      home page.",
    not_found: "Page not found",
    not_found_why: "The page you are looking for does not exist, or no longer does. If you typed the address, check it.",
    method: "This cannot be done at this address",
    method_why: "Nothing was done. Start from the service’s home page.",
    internal: "Unexpected error",
    internal_why: "An error occurred on our side, and we apologise. Try again in a moment.",
};

const LIMIT: LimitText = LimitText {
    head: "Your request is too long",
    head_why: |service| {
        format!("The request that your browser sent to {service} is too long, and was not accepted.")
    },
    head_address: "If the address is very long, shorten it or type it again.",
    head_cookies: "Otherwise the cause is most often the number of cookies that this site and its neighbours left in your \
                   browser. Clear them to continue: you will be signed out of this site and of those that share its name.",
    head_note: "If this page comes back, clear the cookies of this site in your browser’s settings.",
    head_clear: "Clear the cookies of this site",
    body: "What you sent is too large",
    body_why: |service| {
        format!("{service} does not accept a form or a file of this size. Send a smaller one.")
    },
    slow: "Your connection is too slow",
    slow_why: "What you sent did not arrive in time. Check your connection, then try again.",
    requests: "Too many requests from your network",
    requests_why: |service| {
        format!(
            "Your device, or those that share its connection, ask {service} too much at once. Try again in a few seconds."
        )
    },
    logins: "Too many sign-ins from your network",
    logins_why: |service| {
        format!(
            "Your device, or those that share its connection, have started signing in to {service} very often within a \
             minute."
        )
    },
    logins_next: "Wait a minute, then try again. No information was passed on.",
};

const PROBLEM: ProblemText = ProblemText {
    login_required: "Sign-in required",
    login_required_detail: "Open the “login” address in a browser window.",
};
