//! The few forms of OData filters that Azure's clients send.

/// The value of `name eq 'value'`, wherever it stands in the filter.
pub(crate) fn equals(filter: &str, name: &str) -> Option<String> {
    quoted(filter, &format!("{name} eq "))
}

/// The one argument of `name('value')`.
pub(crate) fn argument(filter: &str, name: &str) -> Option<String> {
    quoted(filter, &format!("{name}("))
}

/// The value of `startswith(name,'value')`.
pub(crate) fn prefix(filter: &str, name: &str) -> Option<String> {
    let filter = filter.replace(", ", ",");
    quoted(&filter, &format!("startswith({name},"))
}

/// The value of `name/any(c:c eq 'value')`, whatever the variable is called.
pub(crate) fn any(filter: &str, name: &str) -> Option<String> {
    let at = find(filter, &format!("{name}/any("))?;
    let rest = &filter[at..];
    let equal = find(rest, " eq ")?;
    quoted(&rest[equal..], "")
}

/// What stands in quotes behind `lead`. A quote is written twice.
fn quoted(filter: &str, lead: &str) -> Option<String> {
    let rest = filter[find(filter, lead)?..].trim_start().strip_prefix('\'')?;
    let mut value = String::new();
    let mut characters = rest.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.peek()) {
            ('\'', Some('\'')) => {
                characters.next();
                value.push('\'');
            }
            ('\'', _) => return Some(value),
            _ => value.push(c),
        }
    }
    None
}

/// The place behind `lead`, in any case, where it is not the end of a longer word.
fn find(filter: &str, lead: &str) -> Option<usize> {
    let (filter, lead) = (filter.to_ascii_lowercase(), lead.to_ascii_lowercase());
    let is_word = lead.starts_with(|c: char| c.is_ascii_alphanumeric());
    let starts_a_word = |at: usize| !is_word || !filter[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
    let (at, _) = filter.match_indices(&lead).find(|(at, _)| starts_a_word(*at))?;
    Some(at + lead.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_in_the_forms_that_clients_send() {
        assert_eq!(equals("roleName eq 'Mail''s own'", "rolename").as_deref(), Some("Mail's own"));
        assert_eq!(equals("a eq 'x' and appId eq 'y'", "appId").as_deref(), Some("y"));
        assert_eq!(equals("appId eq 'y' and id eq 'x'", "id").as_deref(), Some("x"));
        assert_eq!(argument("atScope() and assignedTo('p')", "assignedTo").as_deref(), Some("p"));
        assert_eq!(prefix("startswith(displayName, 'po')", "displayName").as_deref(), Some("po"));
        let names = "servicePrincipalNames/any(c:c eq 'id')";
        assert_eq!(any(names, "servicePrincipalNames").as_deref(), Some("id"));
        assert_eq!(any("names/any(x: x eq 'id')", "names").as_deref(), Some("id"));
        for nonsense in ["", "appId eq", "appId eq 'open", "appId eq open"] {
            assert_eq!(equals(nonsense, "appId"), None, "{nonsense}");
        }
    }
}
