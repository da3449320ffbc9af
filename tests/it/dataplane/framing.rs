//! Where one request ends and the next begins: heads with two readings reach nobody. Area D, what one head can say.

use crate::cases;
use crate::support::exchange::Afterwards;
use crate::support::exchange::Application;
use crate::support::exchange::Exchange;
use crate::support::provider::Alg;
use crate::support::scene::Scene;
use crate::support::scene::Store;

/// Of which the application hears nothing, and after which nothing is read.
const REFUSED: Exchange = Exchange {
    ids: &[],
    sentence: "",
    inputs: &[],
    status: 400,
    application: Application::Nothing,
    values: &[],
    connection: Afterwards::Closed,
};

/// The words of a row with what is known only when it runs.
fn filled(words: &str, scene: &Scene) -> String {
    words.replace("{h}", &format!("Host: {}\r\n", scene.host()))
}

cases! {
    Exchange,
    run = {
        let scene = Scene::start(Alg::Es256, Store::Memory);
        move |row: &Exchange| {
            row.holds_at(scene.gateway.address(), &scene.application, |words| filled(words, &scene));
        }
    },
    rows = [
        Exchange {
            ids: &["T092"],
            sentence: "a length beside chunks is refused, whichever comes first",
            inputs: &[
                "POST /public HTTP/1.1\r\n{h}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nG",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\nGET /public/smuggled HTTP/1.1\r\n{h}\r\n",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 4\r\ntransfer-encoding:chunked\r\n\r\n5c\r\nGET /public/smuggled HTTP/1.1\r\n{h}\r\n0\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T093"],
            sentence: "a coding in disguise is none",
            inputs: &[
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 5\r\nTransfer-Encoding: chunked\x00\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: chunk\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: \r\n\r\n0\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T095"],
            sentence: "another coding than chunked is never lost on the way",
            inputs: &[
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T096"],
            sentence: "a name that an application folds into one of framing is refused",
            inputs: &[
                "POST /public HTTP/1.1\r\n{h}Content-Length: 5\r\nTransfer_Encoding: chunked\r\n\r\nhello",
                "POST /public HTTP/1.1\r\n{h}Transfer.Encoding: chunked\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Content_Length: 5\r\n\r\nhello",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 0\r\ncontent~length: 5\r\n\r\n",
                "GET /public HTTP/1.1\r\n{h}CONTENT_LENGTH: 0\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T097"],
            sentence: "two different lengths are refused",
            inputs: &[
                "POST /public HTTP/1.1\r\n{h}Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 2, 3\r\n\r\nabc",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 3\r\nAccept: */*\r\ncontent-length: 0\r\n\r\nabc",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T098"],
            sentence: "the same length twice is refused as well",
            inputs: &[
                "POST /public HTTP/1.1\r\n{h}Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 2, 2\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T099"],
            sentence: "a length is digits and nothing else",
            inputs: &[
                "POST /public HTTP/1.1\r\n{h}Content-Length: +2\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length: -1\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 0x2\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 2 3\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length:  2\x0b\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length:\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 2.0\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 1e1\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length: ２\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length : 2\r\n\r\nab",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T100"],
            sentence: "a length has no zeros in front and fits",
            inputs: &[
                "POST /public HTTP/1.1\r\n{h}Content-Length: 0002\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 00\r\n\r\n",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 9223372036854775808\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 18446744073709551616\r\n\r\nab",
                "POST /public HTTP/1.1\r\n{h}Content-Length: 340282366920938463463374607431768211458\r\n\r\nab",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T102"],
            sentence: "what follows a request of HTTP/1.0 is no second one",
            inputs: &[
                "POST /public HTTP/1.0\r\n{h}\r\nGET /smuggled HTTP/1.1\r\n{h}\r\n",
                "POST /public HTTP/1.0\r\n{h}Connection: keep-alive\r\n\r\nGET /smuggled HTTP/1.1\r\n{h}\r\n",
            ],
            status: 200,
            application: Application::Request { with: &["POST /public HTTP/1.1\r\n"], without: &["smuggled"] },
            ..REFUSED
        },
        Exchange {
            ids: &["T109"],
            sentence: "a bare line feed ends no line, in no head of a connection",
            inputs: &[
                "GET /public HTTP/1.1\nHost: a\n\n",
                "GET /public HTTP/1.1\n{h}\r\n",
                "GET /public HTTP/1.1\r\n{h}X-A: b\nX-B: c\r\n\r\n",
                "GET /public HTTP/1.1\r\n{h}X-A: b\n\r\n",
                "GET /public HTTP/1.1\r\n{h}\n",
                "GET /public HTTP/1.1\r\n{h}X-A: b\r\n\n",
                "GET /public HTTP/1.1\r\n{h}X-A: b\n\nGET /public/smuggled HTTP/1.1\r\n{h}\r\n",
                "GET /public HTTP/1.1\r\n{h}X-A: b\rX-B: c\r\n\r\n",
            ],
            ..REFUSED
        },
        Exchange {
            ids: &["T126"],
            sentence: "there is no other version",
            inputs: &[
                "GET /public\r\n\r\n",
                "GET /public HTTP/0.9\r\n{h}\r\n",
                "GET /public HTTP/1.2\r\n{h}\r\n",
                "GET /public HTTP/2.0\r\n{h}\r\n",
                "GET /public HTTP/2\r\n{h}\r\n",
                "GET /public http/1.1\r\n{h}\r\n",
                "GET /public HTTP/01.1\r\n{h}\r\n",
                "GET /public HTTP/1.1x\r\n{h}\r\n",
                "GET /public HTTPS/1.1\r\n{h}\r\n",
                "GET /public HTTP/1,1\r\n{h}\r\n",
            ],
            ..REFUSED
        },
    ]
}
