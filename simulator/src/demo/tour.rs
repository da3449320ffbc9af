//! The pages that explain, behind the gateway like any application.

use std::sync::Arc;

use http::Method;
use http::StatusCode;

use crate::demo::attacks;
use crate::demo::attacks::Attack;
use crate::demo::field::Field;
use crate::demo::pages;
use crate::legacy;
use crate::site;
use crate::site::Answer;
use crate::site::Asked;
use crate::site::Site;

/// The explaining pages, without their socket.
#[derive(Debug)]
pub(crate) struct Tour {
    field: Field,
}

impl Tour {
    pub(crate) fn new(field: Field) -> Self {
        Self { field }
    }

    async fn attack(&self, asked: &Asked) -> Answer {
        let form = asked.form();
        let wanted = site::value(&form, "attaque").unwrap_or_default();
        let chosen: Vec<Attack> = attacks::ALL
            .iter()
            .copied()
            .filter(|attack| wanted == "toutes" || attack.slug == wanted)
            .collect();
        let mut reports = Vec::new();
        for attack in chosen {
            reports.push((attack, attack.run(&self.field).await));
        }
        pages::reports(&reports)
    }
}

impl Site for Tour {
    const LONGEST_HEAD: usize = 64 * 1024;

    async fn answer(self: Arc<Self>, asked: Asked) -> Answer {
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/") => {
                let direct = format!("http://{}{}", self.field.application, legacy::BASE);
                pages::start(&direct)
            }
            ("GET", "/octets") => pages::received(self.field.log.last_page().as_deref()),
            ("GET", "/attaques") => pages::attacks(),
            ("POST", "/attaques") => self.attack(&asked).await,
            ("GET", "/visite.css") => site::answer(StatusCode::OK, "text/css; charset=utf-8", pages::STYLE),
            _ if asked.method == Method::HEAD => site::text(StatusCode::OK, ""),
            _ => site::text(StatusCode::NOT_FOUND, "Not Found"),
        }
    }
}
