//! What is not known for sure about Azure, and is therefore a setting here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{EmailBehaviour, EventBehaviour, Retirement, SmtpBehaviour, Throttling};

/// Behaviour of the Azure that is played.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// The Email API's.
    pub email: EmailBehaviour,
    /// Those of SMTP.
    pub smtp: SmtpBehaviour,
    pub events: EventBehaviour,
    /// How sending ends on the day of retirement; it never comes when absent.
    pub retirement: Option<Retirement>,
    /// What a second send under the same operation id gives.
    pub repeated_operation: RepeatedOperation,
    /// Seconds for which a send is `Running`.
    pub operation_seconds: i64,
    /// Seconds that `Retry-After` asks for while a send is running; with 0 nothing is said.
    pub poll_seconds: u64,
    /// Whether a send whose recipients all bounce ends as `Failed`, with `EmailDropped`.
    pub bounces_fail_the_operation: bool,
    /// Whether nothing is sent for a day, and then for longer, to an address that mail came back from.
    pub suppresses_bounced: bool,
    /// Whether SMTP and REST count against the same limit.
    pub smtp_shares_quota: bool,
    /// Whether a request that was answered with 429 counts as well.
    pub throttled_requests_count: bool,
    /// How sends and status reads are counted, and what follows from one too many.
    pub throttling: Throttling,
    /// Whether MAIL FROM:<> is taken.
    pub takes_null_reverse_path: bool,
    /// Seconds that the registration of a resource provider takes.
    pub registration_seconds: i64,
    /// What a subscription is called that the caller has no role in.
    pub hidden_subscription: HiddenSubscription,
    /// Seconds until everybody in Azure knows of a role assignment.
    pub assignment_seconds: i64,
    /// Seconds until every token server knows of a new client secret.
    pub secret_seconds: i64,
    /// Seconds that the deletion of a resource group takes.
    pub group_deletion_seconds: i64,
    /// Seconds that making or changing a communication resource takes.
    pub provisioning_seconds: i64,
    /// Seconds that a verification takes.
    pub verification_seconds: i64,
    /// Seconds until the operation that begins or cancels a verification is over. Until then the old state is shown;
    /// with 0 the new one is shown at once.
    pub verification_operation_seconds: i64,
    /// Seconds until a verification that was cancelled is no longer shown as under way.
    pub cancellation_seconds: i64,
    /// Whether it is shown as `CancellationRequested` meanwhile.
    pub shows_cancellation: bool,
    /// The state of a verification that was cancelled.
    pub cancelled_state: String,
    /// Whether `errorCode` is there, and empty, while a verification is under way and once it is done.
    pub empty_error_codes: bool,
    /// Whether host names of services have a label for their geography, as they have since 2024.
    pub host_label: bool,
    /// Whether a service shows the members too that nobody has set.
    pub whole_services: bool,
    /// Whether senders and logins that do not exist are `ResourceNotFound`, as services and domains are.
    pub plain_not_found: bool,
    /// Whether a sender shows the geography of its domain.
    pub sender_data_location: bool,
    /// Whether suppression lists are written with 201 and deleted without a body, as the specification has it.
    pub suppression_as_specified: bool,
    /// Whether a suppression list may have a name that is no sender of its domain.
    pub any_list_name: bool,
    /// Whether asking about an operation takes `Locations/OperationStatuses/read`.
    pub operations_need_a_right: bool,
    /// The form of deletions.
    pub deletion: DeletionForm,
    /// How new services and domains are refused once Azure takes none any more; all of it is a guess.
    pub creation_closed: Option<Refused>,
    /// Domains that an email service may have. The number is made up: Azure's own is unconfirmed.
    pub domains_per_email_service: usize,
    /// How many domains may be linked to a communication service.
    pub linked_domains: usize,
    /// What is said to one domain too many, with status 409. Made up as well, and unconfirmed.
    pub domain_quota_code: String,
    /// Seconds until a verification sees what was written into a zone: DNS remembers what was there before.
    pub dns_seconds: i64,
    /// Seconds for which resolvers may remember that there is no such record.
    pub negative_ttl: u32,
    /// Requests in any five minutes, for each token of Cloudflare.
    pub cloudflare_requests: u32,
    /// Seconds that `Retry-After` asks for on answers about communication resources; Azure itself is seen to say
    /// nothing there.
    pub communication_retry_after: Option<u64>,
    /// Reads of Resource Manager, for each app in each subscription.
    pub arm_reads: Bucket,
    pub arm_writes: Bucket,
    pub arm_deletes: Bucket,
    /// Reads of Resource Manager in a subscription, by all apps together.
    pub arm_global_reads: Bucket,
    pub arm_global_writes: Bucket,
    pub arm_global_deletes: Bucket,
    /// Seconds for which a token is good.
    pub token_seconds: i64,
    /// Largest request, in bytes.
    pub max_request_bytes: usize,
    /// Open sessions by SMTP for each subscription.
    pub max_smtp_sessions: usize,
}

/// What a second send under the same operation id gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatedOperation {
    /// 202 again, and no second mail.
    #[default]
    Accept,
    /// 409, and no second mail.
    Conflict,
    /// 400, and no second mail.
    BadRequest,
    /// 202 again, and a second mail: what a service does that does not know the id.
    SendAgain,
}

/// What a subscription is called that the caller has no role in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiddenSubscription {
    #[default]
    Forbidden,
    /// 404 `SubscriptionNotFound`, as if it did not exist.
    NotFound,
}

/// How the deletion of a service or a domain is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionForm {
    /// Both headers lead to the operation, which is `Deleting` with status 202 and then `Succeeded`.
    #[default]
    Current,
    /// As in 2020: `Location` alone, and the operation ends as `Deleted`.
    Old,
}

/// A refusal from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// From when on, by the twin's clock.
    pub from: Timestamp,
    pub status: u16,
    /// The error's code.
    pub code: String,
    pub message: String,
}

/// A token bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// What it holds.
    pub size: u32,
    /// What comes in, each second.
    pub per_second: u32,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            email: EmailBehaviour::default(),
            smtp: SmtpBehaviour::default(),
            events: EventBehaviour::default(),
            retirement: None,
            repeated_operation: RepeatedOperation::Accept,
            operation_seconds: 3,
            poll_seconds: 3,
            bounces_fail_the_operation: true,
            suppresses_bounced: false,
            smtp_shares_quota: true,
            throttled_requests_count: false,
            throttling: Throttling::default(),
            takes_null_reverse_path: true,
            registration_seconds: 60,
            hidden_subscription: HiddenSubscription::Forbidden,
            assignment_seconds: 5,
            secret_seconds: 2,
            group_deletion_seconds: 5,
            provisioning_seconds: 2,
            verification_seconds: 5,
            verification_operation_seconds: 1,
            cancellation_seconds: 3,
            shows_cancellation: false,
            cancelled_state: "NotStarted".to_owned(),
            empty_error_codes: true,
            host_label: true,
            whole_services: false,
            plain_not_found: false,
            sender_data_location: false,
            suppression_as_specified: false,
            any_list_name: false,
            operations_need_a_right: false,
            deletion: DeletionForm::Current,
            creation_closed: None,
            domains_per_email_service: 800,
            linked_domains: 100,
            domain_quota_code: "QuotaExceeded".to_owned(),
            dns_seconds: 0,
            negative_ttl: 300,
            cloudflare_requests: 1_200,
            communication_retry_after: Some(1),
            arm_reads: Bucket { size: 250, per_second: 25 },
            arm_writes: Bucket { size: 200, per_second: 10 },
            arm_deletes: Bucket { size: 200, per_second: 10 },
            arm_global_reads: Bucket { size: 3_750, per_second: 375 },
            arm_global_writes: Bucket { size: 3_000, per_second: 150 },
            arm_global_deletes: Bucket { size: 3_000, per_second: 150 },
            token_seconds: 3_599,
            max_request_bytes: azure_types::email::MAX_REQUEST_BYTES,
            max_smtp_sessions: 250,
        }
    }
}
