//! Accounts at the twin, and the devices that use them.

use control::{
    AuthenticationMethod, NewAccess, NewAccount, NewCloud, NewCredential, NewIntakeRules, NewSender,
};
use model::account::Concurrency;
use model::azure::TransportChoice;
use model::credential::Lane;
use secrecy::ExposeSecret as _;

use crate::setup::Device;
use crate::world::World;

impl World {
    /// Makes an account with the usual senders.
    pub async fn add_account(&self, name: &str, transport: TransportChoice, by_access_key: bool) {
        let ready = self.twin.ready();
        let key = self.twin.backend().state().services[0].keys[0].clone();
        let account = NewAccount {
            name: name.to_owned(),
            tenant_id: ready.tenant_id.to_string(),
            client_id: ready.client_id.to_string(),
            authentication: if by_access_key {
                AuthenticationMethod::AccessKey(key.into())
            } else {
                AuthenticationMethod::ClientSecret(ready.client_secret.clone().into())
            },
            expires_at: None,
            subscription_id: ready.subscription_id.to_string(),
            service: Some(ready.communication_service.clone()),
            endpoint: Some(ready.url.clone()),
            cloud: self.cloud(),
            transport,
            quota: self.setup.quota,
            concurrency: Concurrency::default(),
        };
        let control = self.control();
        control.add_account(account).await.unwrap();
        for (mailbox, display_name) in
            [("scanner@contoso.example", Some("Scanner")), ("noreply@contoso.example", None)]
        {
            let new = NewSender {
                account: name.to_owned(),
                mailbox: mailbox.to_owned(),
                display_name: display_name.map(str::to_owned),
            };
            control.add_sender(new).await.unwrap();
        }
    }

    /// Where the twin is, for an account.
    pub fn cloud(&self) -> NewCloud {
        let ready = self.twin.ready();
        NewCloud {
            authority: Some(ready.url.clone()),
            smtp: Some((ready.smtp_host.clone(), ready.smtp_port)),
            ca_pem: Some(std::fs::read_to_string(&ready.ca).unwrap()),
            ..NewCloud::default()
        }
    }

    /// Makes a login that may send from every sender of the account.
    pub async fn add_device(&self, login: &str) -> Device {
        self.add_credential(login, |_| ()).await
    }

    /// Makes a login that may send from every sender of another account.
    pub async fn add_device_of(&self, account: &str, login: &str) -> Device {
        self.add_credential(login, |new| account.clone_into(&mut new.account)).await
    }

    /// Makes a credential that is special in some way; without a password that was made, the device has none.
    pub async fn add_credential(&self, login: &str, change: impl FnOnce(&mut NewCredential)) -> Device {
        let mut new = NewCredential {
            login: login.to_owned(),
            account: "contoso".to_owned(),
            access: NewAccess::MadePassword,
            senders: Vec::new(),
            networks: Vec::new(),
            default_from: None,
            forced_from: None,
            intake: NewIntakeRules::default(),
            rate_per_minute: None,
            lane: Lane::Normal,
        };
        change(&mut new);
        let issued = self.control().add_credential(new).await.unwrap();
        let password = issued.password.map(|made| made.expose_secret().to_owned());
        Device { login: login.to_owned(), password: password.unwrap_or_default() }
    }

    /// Takes the account's secret away at Azure and gives it another.
    pub fn revoke_secrets(&self) {
        let client = self.twin.ready().client_id;
        self.twin.backend().change_state(|state| state.app_mut(client).unwrap().secrets.clear());
    }
}
