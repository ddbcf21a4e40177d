//! `application/x-www-form-urlencoded`, in bodies and in queries.

/// Names and values, in the order in which they stand. What has no `=` is left out.
pub(crate) fn fields(form: &[u8]) -> Vec<(String, String)> {
    String::from_utf8_lossy(form)
        .split('&')
        .filter_map(|field| field.split_once('='))
        .map(|(name, value)| (unescape(name), unescape(value)))
        .collect()
}

/// Takes off the escaping.
pub(crate) fn unescape(text: &str) -> String {
    unescape_path(&text.replace('+', " "))
}

/// Takes off the escaping of a path, where `+` is a plus.
pub(crate) fn unescape_path(text: &str) -> String {
    let mut unescaped = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        unescaped.push(match byte {
            b'%' => {
                let hex =
                    [bytes.next(), bytes.next()].map(|digit| digit.and_then(|d| char::from(d).to_digit(16)));
                match hex {
                    [Some(high), Some(low)] => u8::try_from(high << 4 | low).unwrap_or(b'?'),
                    _ => b'?',
                }
            }
            _ => byte,
        });
    }
    String::from_utf8_lossy(&unescaped).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_unescaped() {
        let fields = fields(b"client_secret=a~b%2Bc%2F+d&scope=https%3A%2F%2Fx%2F.default&&odd");
        assert_eq!(fields[0], ("client_secret".into(), "a~b+c/ d".into()));
        assert_eq!(fields[1].1, "https://x/.default");
        assert_eq!(fields.len(), 2);
        assert_eq!(unescape_path("/a+b%2f%4"), "/a+b/?");
    }
}
