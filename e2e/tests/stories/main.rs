//! Stories: the product against the twin, each file one chapter.

#![allow(clippy::unwrap_used, reason = "a story that goes wrong fails")]

mod accounting;
mod accounts;
mod alarms;
mod authors;
mod azure_fails;
mod beyond_ascii;
mod changed_credentials;
mod entra_logins;
mod export;
mod failures_are_told;
mod found;
mod limits;
mod login_guard;
mod many_clients;
mod morning;
mod morning_clients;
mod notices;
mod older_data;
mod outage;
mod outcomes;
mod patience;
mod provision;
mod provision_agrees;
mod provision_by_consent;
mod provision_by_role;
mod provision_in_trouble;
mod provision_is_careful;
mod quotas;
mod rate_limit;
mod refusals;
mod removal;
mod repeats;
mod rest;
mod restarts;
mod rotation;
mod second_transport;
mod smtp_usernames;
mod suppression;
mod timing;
mod verify;
mod ways_to_log_in;
mod what_arrives;
mod without_login;
mod xoauth2;
