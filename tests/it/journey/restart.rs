//! The gateway ends and starts again, with the same secret or a new one: whoever is signed in notices nothing.

use super::stage::Stage;
use super::stage::With;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::scene::Store;

fn ten_people(stage: &Stage) -> Vec<Browser> {
    let sign_in = |_| {
        let browser = Browser::new();
        stage.sign_in(&browser, "/");
        browser
    };
    (0..10).map(sign_in).collect()
}

#[test]
fn a_restart_over_redis_logs_nobody_out_and_a_login_under_way_goes_on() {
    let mut stage = Stage::start(With::OidcProvider(Alg::Es256), Store::Redis);
    let people = ten_people(&stage);
    let late = Browser::new();
    let code = stage.obtains_a_code(&late, &stage.scene.to_the_provider(&late, "/ensuite"));
    let token_requests = stage.token_requests();
    stage.scene.gateway.restart(str::to_owned);
    for browser in &people {
        assert!(stage.is_signed_in(browser));
    }
    assert_eq!(late.follow(&code).url, stage.scene.url("/ensuite"));
    assert_eq!(stage.token_requests(), token_requests + 1);
}

#[test]
fn a_new_secret_before_the_old_one_logs_nobody_out_and_a_login_under_way_goes_on() {
    let mut stage = Stage::start(With::OidcProvider(Alg::Es256), Store::Redis);
    let people = ten_people(&stage);
    let late = Browser::new();
    let code = stage.obtains_a_code(&late, &stage.scene.to_the_provider(&late, "/ensuite"));
    let next = stage
        .scene
        .gateway
        .place()
        .secret("next", "the-session-secret-after-the-rotation-0123456789");
    stage.scene.gateway.restart(|text| {
        let old = text
            .lines()
            .find_map(|line| line.strip_prefix("secret = "))
            .unwrap();
        text.replacen(
            &format!("secret = {old}"),
            &format!("secret = [{next}, {old}]"),
            1,
        )
    });
    for browser in &people {
        assert!(stage.is_signed_in(browser));
    }
    assert_eq!(late.follow(&code).url, stage.scene.url("/ensuite"));
    let leaving = stage.signs_out(&people[0]);
    assert!(
        stage
            .confirms_the_end(&people[0], &leaving)
            .text()
            .contains("et sur FranceConnect")
    );
    assert!(!stage.is_signed_in(&people[0]));
}
