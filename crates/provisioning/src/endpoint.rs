//! Where the data plane of a communication service is. Resource Manager says it (`hostName`): since 2024 the name of a
//! new service is followed by a label for its geography, so that it does not follow from the service's name.

use model::azure::Service;
use model::cloud::Cloud;
use model::name::ServiceName;
use url::Url;

/// The base URL that a service of that name had until 2023, which stands until Azure is asked.
#[must_use]
pub fn guess(cloud: &Cloud, name: &ServiceName) -> String {
    let suffix = cloud.communication().trim_start_matches("https://");
    format!("https://{}.{suffix}", name.as_str().to_ascii_lowercase())
}

/// Whether nobody has said where the service is: its base URL is only what its name suggests.
#[must_use]
pub fn is_guess(cloud: &Cloud, service: &Service) -> bool {
    let guess = guess(cloud, &service.name);
    service.endpoint.as_str().trim_end_matches('/').eq_ignore_ascii_case(&guess)
}

/// The base URL of a host that Resource Manager names. Tokens go there: where Resource Manager is Azure's own, only hosts
/// under Azure's own domain are believed.
#[must_use]
pub fn believed(cloud: &Cloud, host_name: &str) -> Option<Url> {
    let url = Url::parse(&format!("https://{host_name}")).ok()?;
    let is_plain = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let host = url.host_str().filter(|_| is_plain && !host_name.is_empty())?;
    let is_own = |suffix: &str| {
        let name = host.strip_suffix(suffix).and_then(|rest| rest.strip_suffix('.'));
        url.port().is_none() && name.is_some_and(|name| !name.is_empty())
    };
    let public = [Cloud::Public, Cloud::UsGovernment, Cloud::China];
    let of = |known: &Cloud| known.resource_manager() == cloud.resource_manager();
    match public.iter().find(|known| of(known)) {
        Some(known) => is_own(known.communication().trim_start_matches("https://")).then_some(url),
        // The operator's own Azure.
        None => Some(url),
    }
}

/// Whether two base URLs are the same.
#[must_use]
pub fn is_same(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

#[cfg(test)]
mod tests {
    use model::cloud::CustomCloud;

    use super::*;

    #[test]
    fn only_hosts_of_azure_are_believed_where_azure_is_public() {
        let custom = |resource_manager: &str| {
            let login: Url = "https://login.example".parse().unwrap();
            Cloud::Custom(Box::new(CustomCloud {
                authority: login.clone(),
                resource_manager: resource_manager.parse().unwrap(),
                graph: login,
                smtp_host: "smtp.example".into(),
                smtp_port: 587,
                ca_pem: None,
            }))
        };
        let twin = custom("https://localhost:8443");
        // Only the way to log in is another one.
        let half = custom("https://management.azure.com/");
        for (cloud, host, is_believed) in [
            (&Cloud::Public, "contoso.unitedstates.communication.azure.com", true),
            (&Cloud::Public, "contoso.communication.azure.com", true),
            (&Cloud::Public, "CONTOSO.Europe.Communication.Azure.com", true),
            (&Cloud::UsGovernment, "contoso.communication.azure.us", true),
            (&Cloud::China, "contoso.communication.azure.cn", true),
            (&Cloud::Public, "contoso.communication.azure.us", false),
            (&Cloud::Public, "communication.azure.com", false),
            (&Cloud::Public, ".communication.azure.com", false),
            (&Cloud::Public, "evil.example", false),
            (&Cloud::Public, "evilcommunication.azure.com", false),
            (&Cloud::Public, "a.communication.azure.com.evil.example", false),
            (&Cloud::Public, "evil.example/a.communication.azure.com", false),
            (&Cloud::Public, "evil.example#a.communication.azure.com", false),
            (&Cloud::Public, "evil.example?a.communication.azure.com", false),
            (&Cloud::Public, "x@a.communication.azure.com", false),
            (&Cloud::Public, "a.communication.azure.com:8443", false),
            (&Cloud::Public, "", false),
            (&half, "evil.example", false),
            (&half, "a.europe.communication.azure.com", true),
            (&twin, "localhost:8443", true),
            (&twin, "localhost:8443/emails", false),
        ] {
            assert_eq!(believed(cloud, host).is_some(), is_believed, "{host}");
        }
    }

    #[test]
    fn a_guess_is_known_by_its_form() {
        let service = |endpoint: &str| Service {
            name: "Contoso-Mail".parse().unwrap(),
            endpoint: endpoint.parse().unwrap(),
        };
        assert!(is_guess(&Cloud::Public, &service("https://contoso-mail.communication.azure.com/")));
        assert!(is_guess(&Cloud::China, &service("https://contoso-mail.communication.azure.cn")));
        assert!(!is_guess(&Cloud::Public, &service("https://contoso-mail.europe.communication.azure.com")));
        assert!(!is_guess(&Cloud::Public, &service("https://localhost:8443")));
    }
}
