//! What a login name means: one of our credentials, or an app of Entra.

use super::EntraApp;

/// The two kinds of login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginForm {
    /// The login of a credential, an SMTP username, or nonsense: all are looked up, and nonsense is not found.
    Credential(String),
    /// `<communication service>.<app>.<tenant>`, as smtp.azurecomm.net takes it, with dots or pipes.
    Entra(EntraApp),
}

impl LoginForm {
    /// Reads a login name. The three parts are taken off from the right, because the name of a service
    /// may hold dots and hyphens, and GUIDs hold hyphens always.
    #[must_use]
    pub fn read(name: &str) -> Self {
        entra(name).unwrap_or_else(|| Self::Credential(name.to_owned()))
    }
}

/// Whether a login name came in two lines, as encoders break it that put 76 characters into one. AUTH LOGIN then takes
/// the rest of the name for the password. No password of ours continues a name to the form of Entra's.
#[must_use]
pub fn is_broken(name: &str, password: &str) -> bool {
    entra(name).is_none() && entra(&format!("{name}{password}")).is_some()
}

fn entra(name: &str) -> Option<LoginForm> {
    let delimiter = if name.contains('|') { '|' } else { '.' };
    let mut parts = name.rsplitn(3, delimiter);
    let tenant = parts.next()?.parse().ok()?;
    let client = parts.next()?.parse().ok()?;
    let service = parts.next()?.parse().ok()?;
    Some(LoginForm::Entra(EntraApp { service, client, tenant }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const APP: &str = "33333333-cccc-4333-8333-333333333333";
    const TENANT: &str = "11111111-aaaa-4111-8111-111111111111";

    fn service_of(name: &str) -> Option<String> {
        match LoginForm::read(name) {
            LoginForm::Entra(EntraApp { service, client, tenant }) => {
                assert_eq!((client.to_string(), tenant.to_string()), (APP.into(), TENANT.into()), "{name}");
                Some(service.to_string())
            }
            LoginForm::Credential(login) => {
                assert_eq!(login, name);
                None
            }
        }
    }

    #[test]
    fn a_name_that_came_in_two_lines_is_no_wrong_password() {
        let whole = format!("contoso-mail.{APP}.{TENANT}");
        let (line, rest) = whole.split_at(57);
        assert!(is_broken(line, rest));
        assert!(!is_broken(&whole, "secret"));
        assert!(!is_broken("scanner1", "k7mwp2x9qd4t"));
        assert!(!is_broken(line, "k7mwp2x9qd4t"));
    }

    #[test]
    fn the_three_parts_are_read_from_the_right() {
        assert_eq!(service_of(&format!("contoso-mail.{APP}.{TENANT}")).as_deref(), Some("contoso-mail"));
        assert_eq!(service_of(&format!("contoso-mail|{APP}|{TENANT}")).as_deref(), Some("contoso-mail"));
        assert_eq!(service_of(&format!("a.b-c.d.{APP}.{TENANT}")).as_deref(), Some("a.b-c.d"));
        assert_eq!(
            service_of(&format!("a.b|{}|{}", APP.to_uppercase(), TENANT.to_uppercase())).as_deref(),
            Some("a.b")
        );
    }

    #[test]
    fn whatever_else_is_looked_up_as_a_credential() {
        for name in [
            "scanner1".to_owned(),
            String::new(),
            "..".to_owned(),
            "||".to_owned(),
            format!(".{APP}.{TENANT}"),
            format!("{APP}.{TENANT}"),
            format!("svc.{APP}"),
            format!("svc.{APP}.contoso.com"),
            format!("svc.{}.{TENANT}", APP.replace('-', "")),
            format!("svc|{APP}.{TENANT}"),
            format!("a b.{APP}.{TENANT}"),
            format!("{}.{APP}.{TENANT}", "x".repeat(64)),
        ] {
            assert_eq!(service_of(&name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_name_panics(name in "[a-f0-9.|-]{0,120}") {
            let _ = LoginForm::read(&name);
        }

        /// A credential can have no name that would be read as an Entra login.
        #[test]
        fn every_login_that_can_be_made_is_read_as_a_credential(
            service in "[a-z0-9@.-]{0,12}",
            delimiter in "[.|@]",
            tail in "(@[a-z]{1,8}\\.example)?",
        ) {
            let name = format!("{service}{delimiter}{APP}{delimiter}{TENANT}{tail}");
            if name.parse::<model::name::LoginName>().is_ok() {
                prop_assert_eq!(LoginForm::read(&name), LoginForm::Credential(name));
            }
        }
    }
}
