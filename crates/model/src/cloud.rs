//! Which Azure an account is in: where its tokens, its resources and its SMTP endpoint are.

use url::Url;

/// Where Azure is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cloud {
    /// The public cloud.
    Public,
    /// The cloud of the US government.
    UsGovernment,
    /// The cloud in China, run by 21Vianet.
    China,
    Custom(Box<CustomCloud>),
}

/// A cloud that is not one of Microsoft's well-known ones, or is reached in another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomCloud {
    /// The authority, `https://login.example`.
    pub authority: Url,
    pub resource_manager: Url,
    pub graph: Url,
    /// Host of the SMTP endpoint.
    pub smtp_host: String,
    pub smtp_port: u16,
    /// CA certificates to trust instead of the system's, in PEM.
    pub ca_pem: Option<String>,
}

impl Cloud {
    /// The word for it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::UsGovernment => "us-government",
            Self::China => "china",
            Self::Custom(_) => "custom",
        }
    }

    /// The well-known cloud of that name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Public, Self::UsGovernment, Self::China].into_iter().find(|cloud| cloud.as_str() == word)
    }

    /// Where tokens are had, without a slash at the end.
    #[must_use]
    pub fn authority(&self) -> &str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::UsGovernment => "https://login.microsoftonline.us",
            Self::China => "https://login.partner.microsoftonline.cn",
            Self::Custom(custom) => trimmed(&custom.authority),
        }
    }

    /// Resource Manager, without a slash at the end. Its tokens are for this.
    #[must_use]
    pub fn resource_manager(&self) -> &str {
        match self {
            Self::Public => "https://management.azure.com",
            Self::UsGovernment => "https://management.usgovcloudapi.net",
            Self::China => "https://management.chinacloudapi.cn",
            Self::Custom(custom) => trimmed(&custom.resource_manager),
        }
    }

    /// Graph, without a slash at the end. Its tokens are for this.
    #[must_use]
    pub fn graph(&self) -> &str {
        match self {
            Self::Public => "https://graph.microsoft.com",
            Self::UsGovernment => "https://graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
            Self::Custom(custom) => trimmed(&custom.graph),
        }
    }

    /// What tokens for the Email API and for SMTP are for.
    #[must_use]
    pub fn communication(&self) -> &'static str {
        match self {
            Self::Public | Self::Custom(_) => "https://communication.azure.com",
            Self::UsGovernment => "https://communication.azure.us",
            Self::China => "https://communication.azure.cn",
        }
    }

    /// The portal, for what only people can do.
    #[must_use]
    pub fn portal(&self) -> &'static str {
        match self {
            Self::Public | Self::Custom(_) => "https://portal.azure.com",
            Self::UsGovernment => "https://portal.azure.us",
            Self::China => "https://portal.azure.cn",
        }
    }

    /// Host and port of the SMTP endpoint.
    #[must_use]
    pub fn smtp(&self) -> (&str, u16) {
        match self {
            Self::Public => ("smtp.azurecomm.net", 587),
            Self::UsGovernment => ("smtp.azurecomm.us", 587),
            Self::China => ("smtp.azurecomm.cn", 587),
            Self::Custom(custom) => (&custom.smtp_host, custom.smtp_port),
        }
    }

    /// CA certificates to trust instead of the system's.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        match self {
            Self::Custom(custom) => custom.ca_pem.as_deref(),
            Self::Public | Self::UsGovernment | Self::China => None,
        }
    }
}

fn trimmed(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_clouds_are_found_by_their_words() {
        for cloud in [Cloud::Public, Cloud::UsGovernment, Cloud::China] {
            assert_eq!(Cloud::from_word(cloud.as_str()), Some(cloud));
        }
        assert_eq!(Cloud::from_word("custom"), None);
    }
}
