//! Which Azure is meant: one of the well-known ones, or another with an address for everything.

use model::cloud::{Cloud, CustomCloud};

use super::fields::Notes;
use crate::error::Invalid;

/// An Azure as the operator describes it. What is absent is as in the public cloud, or as in the one that is
/// named; with another authority, Resource Manager and Graph are at the same place.
#[derive(Clone, Debug, Default)]
pub struct NewCloud {
    /// `public`, `us-government` or `china`.
    pub name: Option<String>,
    /// Where tokens are had.
    pub authority: Option<String>,
    pub resource_manager: Option<String>,
    pub graph: Option<String>,
    /// Host and port of the SMTP endpoint.
    pub smtp: Option<(String, u16)>,
    /// CA certificates to trust, in PEM.
    pub ca_pem: Option<String>,
}

impl NewCloud {
    /// The cloud that is meant by somebody who had `before`, or nothing special.
    pub(super) fn into_cloud(self, before: &Cloud, notes: &mut Notes) -> Result<Cloud, Invalid> {
        let base = match &self.name {
            None => before.clone(),
            Some(word) => Cloud::from_word(notes.clean("cloud.name", word)).ok_or_else(|| {
                Invalid::new("cloud.name", format!("{word:?} is not one of public, us-government, china"))
            })?,
        };
        let is_plain = self.authority.is_none()
            && self.resource_manager.is_none()
            && self.graph.is_none()
            && self.smtp.is_none()
            && self.ca_pem.is_none();
        if is_plain {
            return Ok(base);
        }
        let authority = self.authority.as_deref();
        let (smtp_host, smtp_port) = match self.smtp {
            Some((host, port)) => (notes.clean("cloud.smtp_host", &host).to_owned(), port),
            None => (base.smtp().0.to_owned(), base.smtp().1),
        };
        Ok(Cloud::Custom(Box::new(CustomCloud {
            authority: notes.base_url("cloud.authority", authority.unwrap_or(base.authority()))?,
            resource_manager: notes.base_url(
                "cloud.resource_manager",
                self.resource_manager.as_deref().or(authority).unwrap_or(base.resource_manager()),
            )?,
            graph: notes
                .base_url("cloud.graph", self.graph.as_deref().or(authority).unwrap_or(base.graph()))?,
            smtp_host,
            smtp_port,
            ca_pem: self.ca_pem.or_else(|| base.ca_pem().map(str::to_owned)),
        })))
    }
}

impl NewCloud {
    /// What is said of it, in words.
    pub(super) fn summary(&self) -> String {
        let smtp = self.smtp.as_ref().map(|(host, port)| format!("{host}:{port}"));
        let parts = [
            ("", &self.name),
            ("authority ", &self.authority),
            ("resource manager ", &self.resource_manager),
            ("graph ", &self.graph),
            ("SMTP ", &smtp),
        ];
        let mut parts: Vec<String> =
            parts.into_iter().filter_map(|(what, text)| Some(format!("{what}{}", text.as_ref()?))).collect();
        parts.extend(self.ca_pem.as_ref().map(|_| "other CA certificates".to_owned()));
        parts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_as_in_the_cloud_that_is_named() {
        let cloud = |new: NewCloud| new.into_cloud(&Cloud::Public, &mut Notes::default()).unwrap();
        assert_eq!(cloud(NewCloud::default()), Cloud::Public);
        let china = NewCloud { name: Some("china".into()), ..NewCloud::default() };
        assert_eq!(cloud(china.clone()), Cloud::China);
        let smtp = Some(("smtp.example".to_owned(), 2_525));
        let custom = cloud(NewCloud { smtp, ..china });
        assert_eq!(custom.authority(), Cloud::China.authority());
        assert_eq!(custom.smtp(), ("smtp.example", 2_525));
        let twin =
            cloud(NewCloud { authority: Some("https://localhost:8443/".into()), ..NewCloud::default() });
        assert_eq!(twin.graph(), "https://localhost:8443");
        let nonsense = NewCloud { name: Some("mars".into()), ..NewCloud::default() };
        assert!(nonsense.into_cloud(&Cloud::Public, &mut Notes::default()).is_err());
    }

    #[test]
    fn what_is_absent_from_a_change_stays() {
        let change = |new: NewCloud, before: &Cloud| new.into_cloud(before, &mut Notes::default()).unwrap();
        let authority = Some("https://localhost:8443".to_owned());
        let ca_pem = Some("a certificate".to_owned());
        let twin = change(NewCloud { authority, ca_pem, ..NewCloud::default() }, &Cloud::Public);
        let smtp = Some(("localhost".to_owned(), 2_525));
        let moved = change(NewCloud { smtp, ..NewCloud::default() }, &twin);
        assert_eq!((moved.authority(), moved.ca_pem()), (twin.authority(), twin.ca_pem()));
        assert_eq!(moved.smtp(), ("localhost", 2_525));
        let public = NewCloud { name: Some("public".into()), ..NewCloud::default() };
        assert_eq!(change(public, &moved), Cloud::Public);
    }
}
