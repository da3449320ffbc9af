//! The test of the tests: a number of `cases.tsv` stands in one row that runs, or has its reason in `docs/security.md`.

use crate::assertion;
use crate::attack;
use crate::callback;
use crate::command_line;
use crate::concurrency;
use crate::configuration;
use crate::dataplane;
use crate::deploy;
use crate::doctor;
use crate::forward_auth;
use crate::franceconnect;
use crate::franceconnect_plus;
use crate::fuzz;
use crate::journey;
use crate::lies;
use crate::lifecycle;
use crate::listener;
use crate::logout;
use crate::outbound;
use crate::providers;
use crate::relayed;
use crate::secrets;
use crate::site;
use crate::soak;
use crate::store;
use crate::support::repository::in_repository;
use crate::support::table;
use crate::telemetry;
use crate::told;

/// The numbers of every table. A table that is not named here is missed at once, by its numbers.
const TABLES: &[fn() -> Vec<&'static str>] = &[
    assertion::ids,
    command_line::ids,
    franceconnect::ids,
    fuzz::ids,
    relayed::ids,
    providers::oidc::ids,
    providers::proconnect::ids,
    providers::two::ids,
    attack::hostile_claims::ids,
    attack::identity_headers::ids,
    callback::answers::ids,
    callback::ordinary_days::ids,
    callback::requests::ids,
    concurrency::clocks::ids,
    concurrency::instances::ids,
    concurrency::interleaved::ids,
    concurrency::left_alone::ids,
    configuration::key_purposes::ids,
    configuration::program::ids,
    dataplane::answers::ids,
    dataplane::bodies::ids,
    dataplane::corpus::ids,
    dataplane::framing::ids,
    dataplane::cookie_bomb::ids,
    dataplane::floods::ids,
    dataplane::http2_ends::ids,
    dataplane::http2_floods::ids,
    dataplane::http2_frames::ids,
    dataplane::paths::ids,
    dataplane::provider_bombs::ids,
    dataplane::session_end::ids,
    dataplane::slow_and_long::ids,
    dataplane::upstreams::timers::ids,
    dataplane::websocket::ids,
    deploy::dependencies::ids,
    doctor::faults::ids,
    forward_auth::decisions::ids,
    franceconnect_plus::journey::ids,
    franceconnect_plus::levels::ids,
    franceconnect_plus::lies::ids,
    journey::cookies::ids,
    lifecycle::cases::ids,
    lies::claims::ids,
    lies::keys::ids,
    lies::signature::ids,
    lies::token_endpoint::ids,
    lies::userinfo::ids,
    listener::descriptors::ids,
    listener::forwarding::ids,
    listener::handshake::ids,
    listener::hosts::ids,
    listener::in_the_open::ids,
    listener::secure::ids,
    listener::upstream_tls::ids,
    logout::ending::ids,
    logout::person::ids,
    logout::tokens::ids,
    logout::transport::ids,
    outbound::away::ids,
    outbound::discovery::ids,
    outbound::key_set::ids,
    outbound::rotation::ids,
    outbound::tls::ids,
    outbound::transport::ids,
    secrets::outbound::ids,
    secrets::redis::ids,
    site::answers::ids,
    site::app_cookies::ids,
    site::button::ids,
    site::cookie_fields::ids,
    site::cookies::ids,
    site::destinations::ids,
    site::entries::ids,
    site::fragment::ids,
    site::redirects::ids,
    site::seen::ids,
    site::sign_out::ids,
    soak::ids,
    store::at_rest::ids,
    store::crowd::ids,
    store::keys::ids,
    store::outage::ids,
    store::time::ids,
    store::unopened::ids,
    telemetry::audit::ids,
    telemetry::log::ids,
    telemetry::monitor::ids,
    told::mapping::ids,
];

/// Under which heading the reasons stand.
const HEADING: &str = "## Cases that cannot apply";

/// The numbers of every row of every table.
pub(crate) fn executed() -> Vec<&'static str> {
    TABLES.iter().flat_map(|ids| ids()).collect()
}

#[test]
fn every_numbered_case_stands_in_one_row_or_has_its_reason() {
    let executed = executed();
    let document = std::fs::read_to_string(in_repository("docs/security.md")).unwrap();
    let excused = table::excused(&document, HEADING);
    let defects = table::defects(&table::required(), &executed, &excused);
    assert!(defects.is_empty(), "\n{}\n", defects.join("\n"));
}
