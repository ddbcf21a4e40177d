//! What the languages make of a file, as far as strings go. A sign that no file of ours has is a value that broke
//! out.

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Token {
    /// A name or a number.
    Word(String),
    Sign(String),
    /// A string, as what it means.
    Text(String),
    /// A string with something in it that is computed.
    Template,
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Reads a Bicep file.
pub(super) fn bicep_tokens(text: &str) -> Vec<Token> {
    tokens(text, "//", '\'', bicep_string)
}

/// Reads a Terraform file.
pub(super) fn hcl_tokens(text: &str) -> Vec<Token> {
    tokens(text, "#", '"', hcl_string)
}

fn tokens(text: &str, comment: &str, quote: char, string: fn(&mut Characters<'_>) -> Token) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_ascii_whitespace() {
            continue;
        }
        let is_comment = comment.starts_with(c) && (comment.len() == 1 || rest.peek() == Some(&c));
        if is_comment {
            while rest.next().is_some_and(|c| c != '\n' && c != '\r') {}
        } else if c == quote {
            tokens.push(string(&mut rest));
        } else if c.is_ascii_alphanumeric() || c == '_' {
            let mut word = String::from(c);
            while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                word.push(c);
            }
            tokens.push(Token::Word(word));
        } else {
            assert!("{}[]().:,=?*@".contains(c), "{c:?} stands outside of strings");
            tokens.push(Token::Sign(c.into()));
        }
    }
    tokens
}

fn bicep_string(rest: &mut Characters<'_>) -> Token {
    let mut text = String::new();
    loop {
        match rest.next().expect("a string that does not close") {
            '\'' => return Token::Text(text),
            '\\' => text.push(match rest.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                c @ ('\\' | '\'' | '$') => c,
                'u' => {
                    assert_eq!(rest.next(), Some('{'));
                    let number: String = rest.by_ref().take_while(|c| *c != '}').collect();
                    character(&number)
                }
                c => panic!("Bicep knows no \\{c}"),
            }),
            '$' if rest.peek() == Some(&'{') => panic!("a value is computed"),
            c => text.push(on_a_line(c)),
        }
    }
}

fn hcl_string(rest: &mut Characters<'_>) -> Token {
    let mut text = String::new();
    let mut is_template = false;
    loop {
        match rest.next().expect("a string that does not close") {
            '"' if is_template => return Token::Template,
            '"' => return Token::Text(text),
            '\\' => text.push(match rest.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                c @ ('\\' | '"') => c,
                'u' => character(&rest.by_ref().take(4).collect::<String>()),
                'U' => character(&rest.by_ref().take(8).collect::<String>()),
                c => panic!("Terraform knows no \\{c}"),
            }),
            '$' | '%' if rest.peek() == Some(&'{') => {
                is_template = true;
                assert!(rest.by_ref().any(|c| c == '}'), "a template that does not close");
            }
            c => text.push(on_a_line(c)),
        }
    }
}

/// The lines of a table, and their cells (RFC 4180 section 2).
pub(super) fn csv_records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record) = (Vec::new(), Vec::new());
    let mut rest = text.chars().peekable();
    while rest.peek().is_some() {
        let mut cell = String::new();
        if rest.next_if_eq(&'"').is_some() {
            loop {
                match rest.next().expect("a cell that does not close") {
                    '"' if rest.next_if_eq(&'"').is_none() => break,
                    c => cell.push(c),
                }
            }
        } else {
            while let Some(c) = rest.next_if(|c| !",\r\n".contains(*c)) {
                assert_ne!(c, '"', "a quote within a plain cell");
                cell.push(c);
            }
        }
        record.push(cell);
        match rest.next() {
            Some(',') => {}
            Some('\r') if rest.next() == Some('\n') => records.push(std::mem::take(&mut record)),
            other => panic!("{other:?} stands after a cell"),
        }
    }
    assert!(record.is_empty(), "the last line does not end");
    records
}

fn character(number: &str) -> char {
    char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap()
}

fn on_a_line(c: char) -> char {
    assert!(!c.is_control() && !"\u{2028}\u{2029}".contains(c), "{c:?} stands in a string as it is");
    c
}
