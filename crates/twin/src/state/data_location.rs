//! Geographies that data stay in. `United States` and `unitedstates` are the same one.

/// Without case and blanks, as domains and host names write it.
#[must_use]
pub fn normalised(data_location: &str) -> String {
    let letters = data_location.chars().filter(|c| !c.is_whitespace());
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// The geographies that Azure is known to have, normalised: labels of host names.
pub(crate) const LABELS: [&str; 16] = [
    "africa",
    "asiapacific",
    "australia",
    "brazil",
    "canada",
    "europe",
    "france",
    "germany",
    "india",
    "japan",
    "korea",
    "norway",
    "switzerland",
    "uae",
    "uk",
    "unitedstates",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_blanks_do_not_count() {
        assert_eq!(normalised("United States"), "unitedstates");
        assert_eq!(normalised("asiapacific"), normalised(" Asia Pacific"));
        assert!(LABELS.iter().all(|label| normalised(label) == *label));
    }
}
