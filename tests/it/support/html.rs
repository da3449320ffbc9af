//! As much HTML as a person without a screen needs: links, forms, text. Not a parser for pages of others.

/// A link: where it leads, as written, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) href: String,
    pub(crate) text: String,
}

/// A form with its fields and the buttons that send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) method: String,
    /// Inputs with a name, hidden ones included, as they are before anyone types.
    pub(crate) fields: Vec<(String, String)>,
    /// Name and value of each button with a name.
    pub(crate) buttons: Vec<(String, String)>,
}

struct Tag<'a> {
    name: String,
    attributes: Vec<(String, String)>,
    /// The text after the tag, up to the next one.
    text: &'a str,
}

pub(crate) fn links(html: &str) -> Vec<Link> {
    let tags = tags(html);
    let mut found = Vec::new();
    for (at, tag) in tags.iter().enumerate().filter(|(_, tag)| tag.name == "a") {
        let Some(href) = tag.attribute("href") else {
            continue;
        };
        let inside = tags.iter().skip(at).take_while(|tag| tag.name != "/a");
        let text: String = inside.map(|tag| tag.text).collect();
        found.push(Link {
            href,
            text: squeeze(&unescape(&text)),
        });
    }
    found
}

pub(crate) fn forms(html: &str) -> Vec<Form> {
    let mut found = Vec::new();
    let mut open: Option<Form> = None;
    for tag in tags(html) {
        match (tag.name.as_str(), &mut open) {
            ("form", _) => open = Some(tag.form()),
            ("/form", _) => found.extend(open.take()),
            ("button", Some(form)) => form.buttons.extend(tag.named_value()),
            ("input", Some(form)) if tag.attribute("type").as_deref() == Some("submit") => {
                form.buttons.extend(tag.named_value());
            }
            ("input" | "textarea", Some(form)) => form.fields.extend(tag.named_value()),
            _ => {}
        }
    }
    found
}

impl Tag<'_> {
    fn attribute(&self, name: &str) -> Option<String> {
        let found = self.attributes.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.clone())
    }

    fn named_value(&self) -> Option<(String, String)> {
        Some((
            self.attribute("name")?,
            self.attribute("value").unwrap_or_default(),
        ))
    }

    fn form(&self) -> Form {
        Form {
            action: self.attribute("action").unwrap_or_default(),
            method: self
                .attribute("method")
                .unwrap_or_else(|| "get".to_owned())
                .to_uppercase(),
            fields: Vec::new(),
            buttons: Vec::new(),
        }
    }
}

fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut found = Vec::new();
    for piece in html.split('<').skip(1).filter(|piece| !piece.starts_with('!')) {
        let (inside, text) = split_tag(piece);
        let (name, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
        let name = name.trim_end_matches('/').to_lowercase();
        found.push(Tag {
            name,
            attributes: attributes(rest),
            text,
        });
    }
    found
}

/// At the first `>` that stands outside quotes.
fn split_tag(piece: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, letter) in piece.char_indices() {
        match (letter, quote) {
            ('>', None) => return (piece.split_at(at).0, piece.split_at(at + 1).1),
            ('"' | '\'', None) => quote = Some(letter),
            (_, Some(open)) if open == letter => quote = None,
            _ => {}
        }
    }
    (piece, "")
}

fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/');
        if rest.is_empty() {
            return found;
        }
        let end = rest
            .find(|letter: char| letter == '=' || letter.is_whitespace())
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, left) = match after.strip_prefix('=') {
            Some(after) => quoted(after),
            None => ("", after),
        };
        found.push((name.to_lowercase(), unescape(value)));
        rest = left;
    }
}

fn quoted(after: &str) -> (&str, &str) {
    let Some(quote) = after.chars().next().filter(|letter| matches!(letter, '"' | '\'')) else {
        return after.split_at(after.find(char::is_whitespace).unwrap_or(after.len()));
    };
    let inside = after.split_at(1).1;
    inside.split_once(quote).unwrap_or((inside, ""))
}

/// Character references, the named ones that escape, and numbers.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut pieces = text.split('&');
    out.push_str(pieces.next().unwrap_or(""));
    for piece in pieces {
        let known = piece
            .split_once(';')
            .and_then(|(name, rest)| Some((reference(name)?, rest)));
        if let Some((letter, rest)) = known {
            out.push(letter);
            out.push_str(rest);
        } else {
            out.push('&');
            out.push_str(piece);
        }
    }
    out
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_forms_are_read_as_a_browser_reads_them() {
        let html = r#"<!DOCTYPE html><a class=x href="/a?b=1&amp;c=%3E">Sign <b>in&#x21;</b></a><a name=n>no</a>
            <form action='/go' method="post"><input type="hidden" name="t" value="&quot;&#39;>"><input name=e checked>
            <button name="p" value="fc">Go</button><button>Plain</button><input type=submit name=s value=v></form>"#;
        assert_eq!(
            links(html),
            [Link {
                href: "/a?b=1&c=%3E".into(),
                text: "Sign in!".into()
            }]
        );
        let form = &forms(html)[0];
        assert_eq!((form.action.as_str(), form.method.as_str()), ("/go", "POST"));
        assert_eq!(
            form.fields,
            [("t".into(), "\"'>".into()), ("e".into(), String::new())]
        );
        assert_eq!(
            form.buttons,
            [("p".into(), "fc".into()), ("s".into(), "v".into())]
        );
    }

    #[test]
    fn what_is_not_a_reference_stays() {
        assert_eq!(unescape("a & b &unknown; &lt;&gt;"), "a & b &unknown; <>");
    }
}
