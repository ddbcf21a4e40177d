//! Restoring `~all` in an SPF record, once Azure has verified the domain.

use model::fault::Fault;

use super::Provisioning;
use super::perform::Context;

impl Provisioning {
    /// Restores `~all` in a domain's SPF record, if it was there before; gives the record as it is now.
    ///
    /// # Errors
    /// When there was none, the domain is not verified yet, or the record is not Postern's to write.
    pub async fn restore_spf(&self, name: &str, domain: &str) -> Result<String, Fault> {
        let _lock = self.lock(self.account_to_change(name)?.id).await?;
        let observation = Box::pin(self.observe(name, None)).await?;
        let domains = self.known_domains(name, &observation.infrastructure, &[domain.to_owned()]).await?;
        let domain = domains.first().cloned().unwrap_or_default();
        let context = Context::new(
            observation.azure,
            observation.infrastructure,
            observation.observed,
            observation.lookup,
        );
        Box::pin(context.restore_spf(&domain, self.entry("spf.restore", &domain, ""))).await
    }
}
