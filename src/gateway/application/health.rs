//! Asks the servers of applications whether they are well, where the configuration says how, and keeps the list of those that
//! are configured. Runs beside the threads that answer; follows a reload within a second.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use tokio::task::JoinSet;

use crate::gateway::application::probe;
use crate::gateway::application::probe::Question;
use crate::gateway::application::servers::Server;
use crate::gateway::application::servers::Servers;
use crate::gateway::live::Live;
use crate::pipeline::Pipeline;
use crate::routing::app::App;
use crate::routing::upstream::HealthCheck;
use crate::routing::upstream::Upstream;

/// How soon a newer configuration counts here.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Longest that an answer may take; with a shorter interval, that.
const LONGEST: Duration = Duration::from_secs(5);

/// Goes on for as long as it is polled.
pub(in crate::gateway) async fn watch(live: Arc<Live<Pipeline>>, servers: Arc<Servers>) {
    let mut in_force: Option<Arc<Pipeline>> = None;
    let mut checks = JoinSet::new();
    loop {
        let newest = live.load();
        if !in_force.as_ref().is_some_and(|known| Arc::ptr_eq(known, &newest)) {
            // What is known about a server stays: `servers` keeps it.
            checks.shutdown().await;
            for app in newest.apps() {
                begin(app, &servers, &mut checks);
            }
            if let Some(before) = in_force.replace(Arc::clone(&newest)) {
                forget(&before, &newest, &servers);
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn begin(app: &Arc<App>, servers: &Servers, checks: &mut JoinSet<()>) {
    for upstream in app.upstreams() {
        let server = servers.get(app, upstream);
        if let Some(health) = &upstream.health {
            drop(checks.spawn(check(
                Arc::clone(app),
                Arc::clone(upstream),
                health.clone(),
                server,
            )));
        }
    }
}

async fn check(app: Arc<App>, upstream: Arc<Upstream>, health: HealthCheck, server: Arc<Server>) {
    let question = Question {
        method: &Method::GET,
        target: health.target.as_str(),
        host: app.told_host(&upstream),
    };
    let within = health.interval.min(LONGEST);
    loop {
        let asked = probe::ask(&server.connector, &upstream, question);
        match tokio::time::timeout(within, asked).await {
            Ok(Ok(status)) if probe::is_well(status) => server.standing.well(),
            Ok(Ok(status)) => server
                .standing
                .unwell(&format!("its health check answered {status}")),
            Ok(Err(error)) => server
                .standing
                .unwell(&format!("its health check: {}", error.chain())),
            Err(_elapsed) => server
                .standing
                .unwell("its health check was not answered in time"),
        }
        tokio::time::sleep(health.interval).await;
    }
}

/// The numbers of servers that are not configured any more go.
fn forget(before: &Pipeline, newest: &Pipeline, servers: &Servers) {
    let named = |pipeline: &Pipeline| -> Vec<(String, String)> {
        let apps = pipeline.apps();
        let named = apps.flat_map(|app| {
            let servers = app.upstreams().iter();
            servers.map(|server| (app.name.to_string(), server.address.to_string()))
        });
        named.collect()
    };
    let still = named(newest);
    for (app, upstream) in named(before) {
        if !still.contains(&(app.clone(), upstream.clone())) {
            servers.telemetry().metrics.upstream_is_gone(&app, &upstream);
        }
    }
}
