//! As much of an HTML page as a person without script can act upon: its links and its forms.

/// A link with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// `href`, entities decoded, not resolved.
    pub href: String,
    /// The text between the tags, white space folded.
    pub text: String,
}

/// A form with its fields and its buttons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// `action`, not resolved; empty means the page's own address.
    pub action: String,
    /// Whether it is sent with POST.
    pub post: bool,
    /// Named fields that are not buttons.
    pub fields: Vec<(String, String)>,
    /// Buttons that send the form.
    pub buttons: Vec<Button>,
}

/// A button that sends its form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Button {
    /// `name`, empty if it has none: then it adds nothing to the form.
    pub name: String,
    /// `value`.
    pub value: String,
    /// What is written on it.
    pub text: String,
}

/// What a page offers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    pub(crate) links: Vec<Link>,
    pub(crate) forms: Vec<Form>,
}

/// Reads the tags of a page in their order. What it does not know it passes by.
pub(crate) fn read(html: &str) -> Document {
    let mut document = Document::default();
    let (mut link, mut button): (Option<Link>, Option<Button>) = (None, None);
    let mut form: Option<Form> = None;
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        gather(&mut link, &mut button, text);
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        rest = after;
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let get = |wanted: &str| attribute(attributes, wanted);
        match name.to_ascii_lowercase().as_str() {
            "a" => {
                link = get("href").map(|href| Link {
                    href,
                    text: String::new(),
                });
            }
            "/a" => document.links.extend(link.take()),
            "form" => {
                form = Some(Form {
                    action: get("action").unwrap_or_default(),
                    post: get("method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
                    ..Form::default()
                });
            }
            "/form" => document.forms.extend(form.take()),
            "input" => {
                if let (Some(form), Some(name)) = (&mut form, get("name")) {
                    form.fields.push((name, get("value").unwrap_or_default()));
                }
            }
            "button" => {
                button = Some(Button {
                    name: get("name").unwrap_or_default(),
                    value: get("value").unwrap_or_default(),
                    text: String::new(),
                });
            }
            "/button" => {
                if let (Some(form), Some(button)) = (&mut form, button.take()) {
                    form.buttons.push(button);
                }
            }
            _ => {}
        }
    }
    document
}

fn gather(link: &mut Option<Link>, button: &mut Option<Button>, text: &str) {
    let words = decode(text);
    for target in [
        link.as_mut().map(|link| &mut link.text),
        button.as_mut().map(|button| &mut button.text),
    ] {
        let Some(target) = target else { continue };
        for word in words.split_whitespace() {
            if !target.is_empty() {
                target.push(' ');
            }
            target.push_str(word);
        }
    }
}

/// The value of an attribute, quoted with `"` or `'` or not at all.
fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes.trim_start();
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        let mut value = "";
        rest = after.trim_start();
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            (value, rest) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => after.strip_prefix(quote)?.split_once(quote)?,
                _ => after.split_once(char::is_whitespace).unwrap_or((after, "")),
            };
            rest = rest.trim_start();
        }
        if name.eq_ignore_ascii_case(wanted) {
            return Some(decode(value));
        }
    }
    None
}

/// The entities that our pages and askama write.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let known = after
            .split_once(';')
            .and_then(|(entity, after)| Some((entity_of(entity)?, after)));
        if let Some((character, after)) = known {
            out.push(character);
            rest = after;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn entity_of(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = entity.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_link_has_its_decoded_address_and_its_text() {
        let page =
            read(r#"<p><a class=x href="/a?b=1&amp;c=2"><span>S&#x27;identifier</span> <b>avec</b></a></p>"#);
        assert_eq!(page.links[0].href, "/a?b=1&c=2");
        assert_eq!(page.links[0].text, "S'identifier avec");
    }

    #[test]
    fn a_form_has_its_fields_and_its_buttons() {
        let page = read(
            r#"<form method="POST" action='/go'><input type=hidden name=a value="1"><button name=b value=2>Oui</button></form>"#,
        );
        let form = &page.forms[0];
        assert!(form.post);
        assert_eq!(form.action, "/go");
        assert_eq!(form.fields, [("a".to_owned(), "1".to_owned())]);
        assert_eq!(form.buttons[0].text, "Oui");
        assert_eq!(form.buttons[0].value, "2");
    }
}
