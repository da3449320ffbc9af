//! Real services with a healthy configuration, what is changed about them, and what the doctor then finds.

use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::support::authority::Authority;
use crate::support::authority::Pair;
use crate::support::command::Ended;
use crate::support::command::guichet_with;
use crate::support::provider::Alg;
use crate::support::provider::Client;
use crate::support::provider::Provider;
use crate::support::redis::Durability;
use crate::support::redis::Options;
use crate::support::redis::Redis;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;

/// A healthy scene with its configuration, and what is changed before the doctor looks.
pub(super) struct Bench {
    pub(super) scene: Scene,
    text: String,
    pub(super) variables: Vec<(&'static str, String)>,
    /// Kept until the doctor has looked.
    authorities: Vec<Authority>,
}

impl Bench {
    /// What an ordinary scene has that deserves a second look is mended: every claim that is asked for is told, no route is
    /// public, Redis keeps a log.
    pub(super) fn healthy() -> Self {
        let redis = Redis::start_with(Options {
            durability: Durability::AppendOnlyEverySync,
            ..Options::default()
        });
        let scene = Scene::start_on(Some(redis), Alg::Es256, |_, usual| {
            usual
                .replace(r#", "idp_birthdate"]"#, "]")
                .replace(r#"access = "public""#, r#"access = "optional""#)
        });
        Self::of(scene)
    }

    /// Another scene, with its configuration as it is.
    pub(super) fn of(scene: Scene) -> Self {
        let path = scene.gateway.place().file();
        Self {
            text: std::fs::read_to_string(path).unwrap(),
            scene,
            variables: Vec::new(),
            authorities: Vec::new(),
        }
    }

    pub(super) fn replace(&mut self, from: &str, to: &str) {
        assert!(self.text.contains(from), "{from}");
        self.text = self.text.replace(from, to);
    }

    pub(super) fn issuer(&mut self, issuer: &str) {
        let own = self.scene.provider.issuer().to_owned();
        self.replace(&own, issuer);
    }

    /// A certificate of an authority of its own, and the file that vouches for it.
    fn certified(&mut self, names: &str, times: (&str, &str)) -> (Pair, PathBuf) {
        let authority = Authority::new();
        let certified = (authority.issue("server", names, times), authority.root());
        self.authorities.push(authority);
        certified
    }

    /// A provider at `https://localhost`, with this certificate.
    pub(super) fn over_tls(&mut self, names: &str, times: (&str, &str), trusts: Trusts) {
        let (certificate, authority) = self.certified(names, times);
        let provider = Provider::start_over_tls(Alg::Es256, &certificate);
        self.issuer(provider.issuer());
        self.scene.provider = provider;
        let callback = self.callback();
        self.registered(&callback, &json!({}));
        if trusts == Trusts::TheAuthority {
            self.outbound(&format!("ca_file = {authority:?}"));
        }
    }

    pub(super) fn outbound(&mut self, line: &str) {
        self.replace("[session]\n", &format!("[outbound]\n{line}\n\n[session]\n"));
    }

    /// The gateway shows this certificate itself.
    pub(super) fn with_own_certificate(&mut self, names: &str, times: (&str, &str)) {
        let (pair, _) = self.certified(names, times);
        self.replace("[server]\n", &format!("[server]\n{}\n", pair.configured()));
        self.replace("public_url = \"http://", "public_url = \"https://");
        let callback = self.callback().replacen("http://", "https://", 1);
        self.registered(&callback, &json!({ "application_type": "web" }));
    }

    /// The client as the provider knows it, otherwise.
    pub(super) fn registered(&self, redirect_uri: &str, more: &Value) {
        self.scene.provider.register_with(
            &Client {
                id: "tests",
                secret: CLIENT_SECRET,
                redirect_uris: &[redirect_uri.to_owned()],
                post_logout_redirect_uris: &[],
            },
            more,
        );
    }

    pub(super) fn callback(&self) -> String {
        self.scene.url("/_guichet/callback")
    }

    pub(super) fn doctor(&self, arguments: &[&str]) -> Ended {
        let path = self.scene.gateway.place().folder().join("examined.toml");
        std::fs::write(&path, &self.text).unwrap();
        let variables: Vec<(&str, &str)> = self
            .variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        guichet_with(&path, &[&["doctor"], arguments].concat(), &variables, "")
    }
}

/// Who is told about the authority.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trusts {
    TheAuthority,
    OnlyTheMachine,
}

/// Section, name, what was seen and the mend of every finding with this verdict.
pub(super) fn findings(answer: &Value, verdict: &str) -> Vec<[String; 4]> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let sections = answer["sections"].as_array().unwrap();
    let all = sections.iter().flat_map(|section| {
        let findings = section["findings"].as_array().unwrap().iter();
        findings.map(move |finding| (section, finding))
    });
    all.filter(|(_, finding)| finding["verdict"] == verdict)
        .map(|(section, finding)| {
            [
                &section["about"],
                &finding["what"],
                &finding["seen"],
                &finding["mend"],
            ]
            .map(text)
        })
        .collect()
}
