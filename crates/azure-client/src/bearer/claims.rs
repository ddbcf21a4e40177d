//! What a token says, compared with what it has to say. Pure.

use azure_types::entra::TokenClaims;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::Expected;

/// How far Entra's clock may be ahead of ours.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// When a token ends that says what it has to.
///
/// # Errors
/// What it says in place of that, in words for the log.
pub(super) fn judge(
    claims: &TokenClaims,
    expected: Expected<'_>,
    now: Timestamp,
) -> Result<Timestamp, String> {
    if claims.tid != expected.tenant {
        return Err(format!("it is of tenant {} and the login is of {}", claims.tid, expected.tenant));
    }
    if !is_issuer_of(&claims.iss, claims) {
        return Err(format!("its issuer {:?} is not that of its tenant", claims.iss));
    }
    if !expected.audiences.iter().any(|audience| is_same(audience, &claims.aud)) {
        return Err(format!("it is for {:?} and not for {}", claims.aud, expected.audiences.join(" or ")));
    }
    match claims.appid.or(claims.azp) {
        Some(app) if app == expected.client => {}
        Some(app) => return Err(format!("it is of app {app} and the login is of {}", expected.client)),
        None => return Err("it names no app".to_owned()),
    }
    let at =
        |second: i64| Timestamp::from_second(second).map_err(|_| "its times are out of range".to_owned());
    let (begins_at, expires_at) = (at(claims.nbf)?, at(claims.exp)?);
    if begins_at > clock::after(now, SKEW) {
        return Err(format!("it is good only from {begins_at} on"));
    }
    if expires_at <= now {
        return Err(format!("it expired at {expires_at}"));
    }
    Ok(expires_at)
}

/// Version 1.0 has `https://sts.windows.net/<tenant>/`, version 2.0 `https://login.microsoftonline.com/<tenant>/v2.0`;
/// other clouds have other hosts.
fn is_issuer_of(issuer: &str, claims: &TokenClaims) -> bool {
    let Ok(url) = Url::parse(issuer) else { return false };
    let tenant = url.path_segments().and_then(|mut segments| segments.next()?.parse().ok());
    url.scheme() == "https" && tenant == Some(claims.tid)
}

/// The SDKs ask for `https://communication.azure.com/`, the SMTP documentation for the same without its slash.
fn is_same(audience: &str, other: &str) -> bool {
    audience.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "11111111-aaaa-4111-8111-111111111111";
    const APP: &str = "33333333-cccc-4333-8333-333333333333";
    const OTHER: &str = "99999999-cccc-4333-8333-333333333333";
    const NOW: i64 = 1_800_000_000;

    fn claims(change: impl FnOnce(&mut TokenClaims)) -> Result<i64, String> {
        let mut claims = TokenClaims {
            aud: "https://communication.azure.com".to_owned(),
            iss: format!("https://sts.windows.net/{TENANT}/"),
            exp: NOW + 3_599,
            nbf: NOW - 300,
            tid: TENANT.parse().unwrap(),
            appid: Some(APP.parse().unwrap()),
            azp: None,
        };
        change(&mut claims);
        let expected = Expected {
            authority: "https://login.microsoftonline.com",
            tenant: TENANT.parse().unwrap(),
            client: APP.parse().unwrap(),
            audiences: &["https://communication.azure.com".to_owned()],
        };
        judge(&claims, expected, Timestamp::from_second(NOW).unwrap()).map(Timestamp::as_second)
    }

    #[test]
    fn both_versions_and_all_spellings_of_the_audience_are_taken() {
        for audience in [
            "https://communication.azure.com",
            "https://communication.azure.com/",
            "https://Communication.azure.com//",
        ] {
            assert_eq!(claims(|token| token.aud = audience.to_owned()), Ok(NOW + 3_599), "{audience}");
        }
        let second = claims(|token| {
            token.iss = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
            (token.appid, token.azp) = (None, Some(APP.parse().unwrap()));
        });
        assert_eq!(second, Ok(NOW + 3_599));
        assert_eq!(claims(|token| token.nbf = NOW + 299), Ok(NOW + 3_599));
    }

    #[test]
    fn what_is_wrong_with_a_token_is_named() {
        type Change = fn(&mut TokenClaims);
        let wrong: [(Change, &str); 11] = [
            (|token| token.tid = OTHER.parse().unwrap(), "tenant"),
            (|token| token.iss = format!("https://sts.windows.net/{OTHER}/"), "issuer"),
            (|token| token.iss = format!("http://sts.windows.net/{TENANT}/"), "issuer"),
            (|token| token.iss = TENANT.to_owned(), "issuer"),
            (|token| token.aud = "https://management.azure.com/".to_owned(), "not for"),
            (|token| token.aud = "https://communication.azure.com.example".to_owned(), "not for"),
            (|token| token.appid = Some(OTHER.parse().unwrap()), "app"),
            (|token| token.appid = None, "no app"),
            (|token| token.exp = NOW, "expired"),
            (|token| token.nbf = NOW + 301, "only from"),
            (|token| token.exp = i64::MAX, "out of range"),
        ];
        for (change, word) in wrong {
            let reason = claims(change).unwrap_err();
            assert!(reason.contains(word), "{reason:?} does not say {word:?}");
        }
    }
}
