//! A client that speaks in the gateway's name, in every spelling, and gets nowhere: area A, what can be said in one request.

use std::collections::HashMap;

use crate::cases;
use crate::support::exchange::Afterwards;
use crate::support::exchange::Application;
use crate::support::exchange::Exchange;
use crate::support::jws::claims;
use crate::support::signed_in::SignedIn;

type Values = &'static [(&'static str, &'static [&'static str])];

/// The application is told nothing about anybody.
const NOBODY: Values = &[
    ("x-guichet-assertion", &[]),
    ("x-guichet-sub", &[]),
    ("x-guichet-status", &[]),
];
/// It is told about Zoé, once, by us.
const ZOE: Values = &[
    ("x-guichet-assertion", &["{assertion}"]),
    ("x-guichet-sub", &["{sub}"]),
    ("x-guichet-status", &["authenticated"]),
];

/// A request that passes, if nothing else is said.
const PASSES: Exchange = Exchange {
    ids: &[],
    sentence: "",
    inputs: &[],
    status: 200,
    application: Application::Request {
        with: &[],
        without: &[],
    },
    values: &[],
    connection: Afterwards::Open,
};
/// One of which the application hears nothing.
const REFUSED: Exchange = Exchange {
    status: 400,
    application: Application::Nothing,
    connection: Afterwards::Closed,
    ..PASSES
};

/// The words of a row with what is known only when it runs.
fn filled(words: &str, signed_in: &SignedIn) -> String {
    let flood = (0..5000).map(|number| format!("f{number}")).collect::<Vec<_>>();
    let sub = claims(&signed_in.assertion)["sub"].as_str().unwrap().to_owned();
    let known: HashMap<&str, String> = HashMap::from([
        ("{host}", signed_in.host()),
        ("{session}", signed_in.cookie.clone()),
        ("{assertion}", signed_in.assertion.clone()),
        ("{sub}", sub),
        ("{flood}", flood.join(",")),
    ]);
    known.iter().fold(words.to_owned(), |filled, (name, value)| {
        filled.replace(name, value)
    })
}

cases! {
    Exchange,
    run = {
        let signed_in = SignedIn::start();
        move |row: &Exchange| {
            let scene = &signed_in.scene;
            row.holds_at(scene.gateway.address(), &scene.application, |words| filled(words, &signed_in));
        }
    },
    rows = [
        Exchange {
            ids: &["T001"],
            sentence: "a visitor cannot say who they are on a public route",
            inputs: &[
                "GET /public HTTP/1.1\r\nHost: {host}\r\nX-Guichet-Assertion: evil.e.e\r\nX-Guichet-Sub: evil\r\n\r\n",
            ],
            application: Application::Request {
                with: &["GET /public HTTP/1.1"],
                without: &[],
            },
            values: NOBODY,
            ..PASSES
        },
        Exchange {
            ids: &["T002"],
            sentence: "a person who is signed in cannot say that they are another",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX-Guichet-Sub: evil\r\nX-Guichet-Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nX-Guichet-Assertion: evil\r\nX-Guichet-Sub: evil\r\nX-Guichet-Sub: evil2\r\nCookie: {session}\r\nX-Guichet-Status: evil\r\n\r\n",
            ],
            application: Application::Request {
                with: &["GET /dossier HTTP/1.1"],
                without: &[],
            },
            values: ZOE,
            ..PASSES
        },
        Exchange {
            ids: &["T005"],
            sentence: "an underscore is a hyphen to an application, so to us",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX_Guichet_Sub: evil\r\nX-Guichet_Sub: evil\r\nX_Guichet-Sub: evil\r\nx_guichet_assertion: evil\r\n\r\n",
            ],
            application: Application::Request {
                with: &["GET /dossier"],
                without: &["x_guichet", "guichet_"],
            },
            values: ZOE,
            ..PASSES
        },
        Exchange {
            ids: &["T006"],
            sentence: "so is every other character that a name may hold",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX.Guichet.Sub: evil\r\nX.Guichet.Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX~Guichet~Sub: evil\r\nX~Guichet~Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX!Guichet!Sub: evil\r\nX!Guichet!Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX'Guichet'Sub: evil\r\nX'Guichet'Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX*Guichet*Sub: evil\r\nX*Guichet*Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX+Guichet+Sub: evil\r\nX+Guichet+Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX&Guichet&Sub: evil\r\nX&Guichet&Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX%Guichet%Sub: evil\r\nX%Guichet%Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX$Guichet$Sub: evil\r\nX$Guichet$Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX#Guichet#Sub: evil\r\nX#Guichet#Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX^Guichet^Sub: evil\r\nX^Guichet^Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX`Guichet`Sub: evil\r\nX`Guichet`Assertion: evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX|Guichet|Sub: evil\r\nX|Guichet|Assertion: evil\r\n\r\n",
            ],
            application: Application::Request {
                with: &["GET /dossier"],
                without: &[],
            },
            values: ZOE,
            ..PASSES
        },
        Exchange {
            ids: &["T008"],
            sentence: "a space before the colon is no field",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX-Guichet-Sub : evil\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX-Guichet-Sub	: evil\r\n\r\n",
                "GET /public HTTP/1.1\r\nHost: {host}\r\nX-Guichet-Sub : evil\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T009"],
            sentence: "a trailer says nothing to the application",
            inputs: &[
                "POST /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Guichet-Sub\r\n\r\n3\r\nabc\r\n0\r\nX-Guichet-Sub: evil\r\nX-Guichet-Assertion: evil\r\n\r\n",
            ],
            application: Application::Request {
                with: &["POST /dossier", "3\r\nabc\r\n0\r\n\r\n"],
                without: &["trailer"],
            },
            values: ZOE,
            ..PASSES
        },
        Exchange {
            ids: &["T011"],
            sentence: "nobody can have our fields taken away as belonging to the connection",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nConnection: close, X-Guichet-Sub, X-Guichet-Assertion, X-Guichet-Status\r\n\r\n",
            ],
            application: Application::Request {
                with: &["GET /dossier"],
                without: &["\r\nconnection:"],
            },
            values: ZOE,
            connection: Afterwards::Closed,
            ..PASSES
        },
        Exchange {
            ids: &["T012"],
            sentence: "a session cannot be honoured and its cookie be taken for the connection's",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nConnection: Cookie\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nAuthorization: Basic YTpi\r\nConnection: close, authorization\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T013"],
            sentence: "nobody can have the address, the host or the number of a request taken away",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nConnection: X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto, X-Forwarded-Port, X-Real-IP, Forwarded, X-Request-Id\r\nX-Forwarded-For: evil\r\nX-Real-IP: evil\r\nForwarded: for=evil\r\nX-Request-Id: evil\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: evil\r\nX-Forwarded-Port: evil\r\n\r\n",
            ],
            application: Application::Request {
                with: &["x-request-id: "],
                without: &[],
            },
            values: &[
                ("x-forwarded-for", &["127.0.0.1"]),
                ("x-forwarded-proto", &["http"]),
                ("x-forwarded-host", &["{host}"]),
                ("forwarded", &[]),
                ("x-real-ip", &[]),
            ],
            ..PASSES
        },
        Exchange {
            ids: &["T014"],
            sentence: "what frames or routes a request does not belong to the connection",
            inputs: &[
                "POST /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nConnection: Content-Length\r\nContent-Length: 27\r\n\r\nGET /smug HTTP/1.1\r\nHost: e",
                "POST /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nConnection: Host\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T015"],
            sentence: "a flood of names after Connection is refused",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nConnection: a,b,c,d,e,f,g,h,i,j\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nConnection: {flood}\r\n\r\n",
                "GET /public HTTP/1.1\r\nHost: {host}\r\nConnection: a,b,c,d\r\nConnection: e,f,g,h,i,j\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T016"],
            sentence: "what is no name is not nominated",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nConnection: \"X-Guichet-Sub\"\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nConnection: :authority\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T018"],
            sentence: "a bare line feed ends no line, and hides no field",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX-A: b\nX-Guichet-Sub: evil\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T019"],
            sentence: "a bare carriage return does not hide a field",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nX-A: b\rX-Guichet-Sub: evil\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T025"],
            sentence: "a public route is cleaned like every other, whatever the method",
            inputs: &[
                "GET /public/a HTTP/1.1\r\nHost: {host}\r\nX-Guichet-Sub: evil\r\nX_Guichet_Assertion: evil\r\nContent-Length: 0\r\n\r\n",
                "POST /public/a HTTP/1.1\r\nHost: {host}\r\nX-Guichet-Sub: evil\r\nX_Guichet_Assertion: evil\r\nContent-Length: 0\r\n\r\n",
                "PUT /public/a HTTP/1.1\r\nHost: {host}\r\nX-Guichet-Sub: evil\r\nX_Guichet_Assertion: evil\r\nContent-Length: 0\r\n\r\n",
                "PATCH /public/a HTTP/1.1\r\nHost: {host}\r\nX-Guichet-Sub: evil\r\nX_Guichet_Assertion: evil\r\nContent-Length: 0\r\n\r\n",
                "DELETE /public/a HTTP/1.1\r\nHost: {host}\r\nX-Guichet-Sub: evil\r\nX_Guichet_Assertion: evil\r\nContent-Length: 0\r\n\r\n",
                "OPTIONS /public/a HTTP/1.1\r\nHost: {host}\r\nX-Guichet-Sub: evil\r\nX_Guichet_Assertion: evil\r\nContent-Length: 0\r\n\r\n",
                "HEAD /public/a HTTP/1.1\r\nHost: {host}\r\nX-Guichet-Sub: evil\r\nX_Guichet_Assertion: evil\r\nContent-Length: 0\r\n\r\n",
                "PROPFIND /public/a HTTP/1.1\r\nHost: {host}\r\nX-Guichet-Sub: evil\r\nX_Guichet_Assertion: evil\r\nContent-Length: 0\r\n\r\n",
            ],
            application: Application::Request {
                with: &["/public/a HTTP/1.1"],
                without: &[],
            },
            values: NOBODY,
            ..PASSES
        },
        Exchange {
            ids: &["T027"],
            sentence: "the cookie of a session never reaches the application",
            inputs: &["GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: a=1; {session}; b=2\r\n\r\n"],
            application: Application::Request {
                with: &["cookie: a=1; b=2\r\n"],
                without: &["guichet-session"],
            },
            values: &[
                ("cookie", &["a=1; b=2"]),
                ("x-guichet-assertion", &["{assertion}"]),
            ],
            ..PASSES
        },
        Exchange {
            ids: &["T029"],
            sentence: "a session alone in a second field counts and leaves",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: a=1\r\nCookie: {session}\r\n\r\n",
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nCookie: a=1\r\n\r\n",
            ],
            application: Application::Request {
                with: &["GET /dossier"],
                without: &["guichet-session"],
            },
            values: &[("cookie", &["a=1"]), ("x-guichet-assertion", &["{assertion}"])],
            ..PASSES
        },
        Exchange {
            ids: &["T030"],
            sentence: "the cookie of a login under way never reaches the application",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: guichet-login-0123=evil; {session}; __Host-guichet-login-4567=evil; __HOST-Guichet-Logout=evil; __Host-guichet-session-fc=evil\r\n\r\n",
            ],
            application: Application::Request {
                with: &["GET /dossier"],
                without: &["guichet-login", "guichet-session"],
            },
            values: &[("cookie", &[]), ("x-guichet-assertion", &["{assertion}"])],
            ..PASSES
        },
        Exchange {
            ids: &["T032"],
            sentence: "the credentials of the application pass untouched, and sign nobody in",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n\r\n",
            ],
            application: Application::Request {
                with: &["GET /dossier"],
                without: &[],
            },
            values: &[
                ("authorization", &["Basic YWRtaW46YWRtaW4="]),
                ("x-guichet-assertion", &["{assertion}"]),
                ("x-guichet-sub", &["{sub}"]),
                ("x-guichet-status", &["authenticated"]),
            ],
            ..PASSES
        },
        Exchange {
            ids: &["T033"],
            sentence: "no token in a field or in the address signs anybody in",
            inputs: &[
                "GET /optional?access_token=x.y.z HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer x.y.z\r\n\r\n",
                "GET /optional?access_token={assertion} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {assertion}\r\nCookie: access_token={assertion}\r\n\r\n",
            ],
            application: Application::Request {
                with: &["GET /optional?access_token="],
                without: &[],
            },
            values: &[
                ("x-guichet-status", &["anonymous"]),
                ("x-guichet-assertion", &[]),
                ("x-guichet-sub", &[]),
            ],
            ..PASSES
        },
        Exchange {
            ids: &["T034"],
            sentence: "no visitor chooses the proxy of a CGI program",
            inputs: &[
                "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nProxy: http://evil:8080\r\n\r\n",
                "GET /public HTTP/1.1\r\nHost: {host}\r\npRoXy: http://evil:8080\r\n\r\n",
            ],
            application: Application::Request {
                with: &[" HTTP/1.1"],
                without: &[],
            },
            values: &[("proxy", &[])],
            ..PASSES
        },
        Exchange {
            ids: &["T035"],
            sentence: "no field says another path or method than the one that was judged",
            inputs: &[
                "GET /public HTTP/1.1\r\nHost: {host}\r\nX-Original-URL: /evil\r\nX-Rewrite-URL: /evil\r\nX-HTTP-Method-Override: evil\r\nX-Method-Override: evil\r\nX-HTTP-Method: evil\r\nX_Original_URL: /evil\r\nX-Original-Uri: /evil\r\n\r\n",
            ],
            application: Application::Request {
                with: &["GET /public HTTP/1.1"],
                without: &["x-original", "override"],
            },
            ..PASSES
        },
        Exchange {
            ids: &["T036"],
            sentence: "no field commands a framework or another gateway",
            inputs: &[
                "GET /public HTTP/1.1\r\nHost: {host}\r\nx-middleware-subrequest: evil:evil:evil\r\nx-envoy-original-path: /evil\r\nX-Real-Path: /evil\r\nX-Accel-Redirect: /evil\r\n\r\n",
            ],
            application: Application::Request {
                with: &["GET /public HTTP/1.1"],
                without: &["middleware", "envoy", "x-real"],
            },
            ..PASSES
        },
        Exchange {
            ids: &["T037"],
            sentence: "no visitor shows a client certificate in a field",
            inputs: &[
                "GET /public HTTP/1.1\r\nHost: {host}\r\nX-SSL-Client-Cert: evil\r\nX-Client-Verify: evil\r\nSSL_CLIENT_S_DN: evil\r\nClient-Cert: :evil:\r\nX-Forwarded-Client-Cert: evil\r\nX-SSL-Client-Verify: evil\r\n\r\n",
            ],
            application: Application::Request {
                with: &["GET /public HTTP/1.1"],
                without: &["client", "ssl"],
            },
            ..PASSES
        },
    ]
}
