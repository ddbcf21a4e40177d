//! Whatever is in an infrastructure, its values stay values: each form is read again by a small lexer of its language.

mod infrastructure;
mod lexers;

use std::collections::BTreeSet;

use proptest::prelude::*;

use self::infrastructure::{any_infrastructure, home, large, rich};
use self::lexers::{Token, bicep_tokens, csv_records, hcl_tokens};
use super::*;

/// What stands behind a name and a sign, as far as it is a string.
fn values(tokens: &[Token], sign: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for window in tokens.windows(3) {
        if let [Token::Word(word), Token::Sign(between), Token::Text(text)] = window
            && word == name
            && between == sign
        {
            found.push(text.clone());
        }
    }
    found
}

/// All senders, in order.
fn desired(infrastructure: &Infrastructure) -> Vec<(&str, &DesiredSender)> {
    infrastructure
        .domains
        .iter()
        .flat_map(|(name, domain)| domain.senders.values().map(move |sender| (at_azure(name), sender)))
        .collect()
}

fn usernames(infrastructure: &Infrastructure) -> Vec<String> {
    desired(infrastructure).into_iter().map(|(_, sender)| sender.username.clone()).collect()
}

fn display_names(infrastructure: &Infrastructure) -> Vec<String> {
    desired(infrastructure).into_iter().filter_map(|(_, sender)| sender.display_name.clone()).collect()
}

/// Addresses on lists, of which Azure makes no difference between cases.
fn suppressed(infrastructure: &Infrastructure) -> BTreeSet<String> {
    let addresses = desired(infrastructure).into_iter().flat_map(|(_, sender)| &sender.suppressed);
    addresses.map(|address| address.to_lowercase()).collect()
}

fn lower(texts: Vec<String>) -> BTreeSet<String> {
    texts.into_iter().map(|text| text.to_lowercase()).collect()
}

fn logins(infrastructure: &Infrastructure) -> Vec<String> {
    infrastructure.smtp_usernames.values().map(|login| login.username.clone()).collect()
}

/// What is declared, each in the way of an identifier and once.
fn assert_symbols(tokens: &[Token]) -> Vec<String> {
    let mut symbols = Vec::new();
    for window in tokens.windows(2) {
        if let [Token::Word(keyword), Token::Word(symbol)] = window
            && ["resource", "var", "param"].contains(&keyword.as_str())
        {
            symbols.push(symbol.clone());
        }
    }
    let unique: BTreeSet<_> = symbols.iter().collect();
    assert_eq!(unique.len(), symbols.len(), "{symbols:?}");
    for symbol in &symbols {
        assert!(symbol.starts_with(|c: char| c.is_ascii_alphabetic()) && symbol.len() < 256, "{symbol}");
    }
    symbols
}

proptest! {
    #[test]
    fn nothing_breaks_out_of_a_bicep_file(infrastructure in any_infrastructure()) {
        let text = bicep::text(&infrastructure, &home());
        let tokens = bicep_tokens(&text);
        assert_symbols(&tokens);
        let all = |name| values(&tokens, ":", name);
        prop_assert_eq!(all("dataLocation"), [infrastructure.data_location.clone(), infrastructure.data_location.clone()]);
        let mut expected = usernames(&infrastructure);
        expected.extend(logins(&infrastructure));
        prop_assert_eq!(all("username"), expected);
        prop_assert_eq!(all("displayName"), display_names(&infrastructure));
        prop_assert_eq!(lower(all("email")), suppressed(&infrastructure));
        let names: BTreeSet<String> = all("name").into_iter().collect();
        prop_assert!(names.contains(&infrastructure.service) && names.contains(&infrastructure.email_service));
        prop_assert!(infrastructure.domains.keys().all(|name| names.contains(at_azure(name))));
        prop_assert!(infrastructure.smtp_usernames.keys().all(|name| names.contains(name)));
    }

    #[test]
    fn nothing_breaks_out_of_a_terraform_file(infrastructure in any_infrastructure()) {
        let text = terraform::text(&infrastructure, &home());
        let tokens = hcl_tokens(&text);
        // Templates are ours: there are as many as in the blocks.
        let templates = |tokens: &[Token]| tokens.iter().filter(|token| **token == Token::Template).count();
        let mut blocks = include_str!("../terraform/domains.tf").to_owned();
        if desired(&infrastructure).iter().any(|(_, sender)| !sender.suppressed.is_empty()) {
            blocks.push_str(include_str!("../terraform/suppressed.tf"));
        }
        if !infrastructure.smtp_usernames.is_empty() {
            blocks.push_str(include_str!("../terraform/smtp_usernames.tf"));
        }
        prop_assert_eq!(templates(&tokens), templates(&hcl_tokens(&blocks)));
        let all = |name| values(&tokens, "=", name);
        let mut expected = usernames(&infrastructure);
        expected.extend(logins(&infrastructure));
        prop_assert_eq!(all("username"), expected);
        prop_assert_eq!(all("display_name"), display_names(&infrastructure));
        prop_assert_eq!(lower(all("email")), suppressed(&infrastructure));
        let domains: Vec<String> = desired(&infrastructure).into_iter().map(|(name, _)| name.to_owned()).collect();
        prop_assert_eq!(&all("domain")[..domains.len()], &domains[..]);
        let names = [&infrastructure.group, &infrastructure.email_service, &infrastructure.service];
        prop_assert_eq!(all("name"), names.map(String::clone));
        let ids = infrastructure.ids(home().subscription);
        prop_assert_eq!(all("service"), [ids.service().to_string()]);
        let keys = keys(&tokens);
        prop_assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    }

    #[test]
    fn nothing_breaks_out_of_a_table(infrastructure in any_infrastructure()) {
        let text = csv::text(&infrastructure, &home());
        let records = csv_records(&text);
        let desired = desired(&infrastructure);
        prop_assert_eq!(records.len(), desired.len() + 1);
        for (record, (domain, sender)) in records[1..].iter().zip(desired) {
            let cells: Vec<&str> = record.iter().map(|cell| unguarded(cell)).collect();
            prop_assert_eq!(cells.len(), 7);
            prop_assert!(record.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
            let expected = [domain, &sender.username, sender.display_name.as_deref().unwrap_or_default()];
            prop_assert_eq!(&cells[..3], expected);
            prop_assert_eq!(&cells[4..6], ["smtp.azurecomm.net", "587"]);
        }
    }

    #[test]
    fn a_part_is_never_more_than_azure_takes(count in 0_usize..5000, domains in 1_usize..60, extra in 0_usize..900) {
        let infrastructure = large(count, domains, extra);
        let text = bicep::text(&infrastructure, &home());
        let tokens = bicep_tokens(&text);
        let symbols = assert_symbols(&tokens);
        let single = 2 + domains;
        let total = single + count + extra;
        let slice = text.split("part * ").nth(1).map(|rest| rest.split(')').next().unwrap());
        let slice: Option<usize> = slice.map(|size| size.parse().unwrap());
        prop_assert_eq!(slice.is_some(), total > 800);
        prop_assert_eq!(symbols.contains(&"part".to_owned()), total > 800);
        if let Some(size) = slice {
            let loops = count.min(domains) + usize::from(extra > 0);
            prop_assert!(single + loops * size <= 800);
            let last: usize = text.split("up to part=").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
            let longest = count.div_ceil(domains).max(extra);
            prop_assert!((last + 1) * size >= longest && last * size < longest);
        }
    }
}

/// Keys of maps, each with the map that it is in.
fn keys(tokens: &[Token]) -> Vec<(&Token, &Token)> {
    let (mut map, mut keys) = (&tokens[0], Vec::new());
    for window in tokens.windows(3) {
        let [name, Token::Sign(equals), Token::Sign(open)] = window else { continue };
        if equals == "=" && open == "{" {
            match name {
                Token::Text(_) => keys.push((map, name)),
                _ => map = name,
            }
        }
    }
    keys
}

/// A cell without the quote that keeps it from being a formula.
fn unguarded(cell: &str) -> &str {
    let is_formula = cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { cell.strip_prefix('\'').unwrap() } else { cell }
}

#[test]
fn more_domains_than_azure_takes_at_once_are_told() {
    let text = bicep::text(&large(1, 900, 0), &home());
    assert!(text.contains("Azure does not take them") && !text.contains("part"), "{text}");
}

#[test]
fn ten_thousand_senders_are_one_block_and_a_line_each() {
    let infrastructure = large(10_000, 4, 0);
    let text = terraform::text(&infrastructure, &home());
    assert_eq!(text.matches("\nresource ").count(), 6);
    assert_eq!(text.matches("username = \"").count(), 10_000);
    assert_eq!(csv_records(&csv::text(&infrastructure, &home())).len(), 10_001);
    assert_eq!(values(&bicep_tokens(&bicep::text(&infrastructure, &home())), ":", "username").len(), 10_000);
}

#[test]
fn a_rich_infrastructure_is_exported_as_it_was_looked_at() {
    let files = [
        (ExportForm::Bicep, "rich.bicep", include_str!("../testdata/rich.bicep")),
        (ExportForm::Terraform, "rich.tf", include_str!("../testdata/rich.tf")),
        (ExportForm::Csv, "rich.csv", include_str!("../testdata/rich.csv")),
    ];
    let mut changed = Vec::new();
    for (form, name, expected) in files {
        let text = form.text(&rich(), &home());
        if text != expected {
            let new = std::env::temp_dir().join(name);
            std::fs::write(&new, text).unwrap();
            changed.push(new.display().to_string());
        }
    }
    let folder = "crates/control/src/provision/export/testdata/";
    assert!(changed.is_empty(), "look at {changed:?}, and copy them to {folder} if they are right");
}
