//! Several changes at once: all of them, or none.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use super::call::{self, Call};
use super::edit;
use super::failure::CloudflareError;
use super::input::Input;
use super::records::{in_zone, shown};
use crate::state::dns::{Record, Zone};

/// They are done in this order.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Batch {
    deletes: Option<Vec<Input>>,
    patches: Option<Vec<Input>>,
    puts: Option<Vec<Input>>,
    posts: Option<Vec<Input>>,
}

pub(super) fn run(call: &Call<'_>, zone: &str) -> Answer {
    let batch: Batch = call.json()?;
    let now = call.backend.now();
    let done = in_zone(call, zone, |zone| {
        Ok(json!({
            "deletes": each(zone, batch.deletes, |zone, input| edit::delete(zone, &id(&input)?))?,
            "patches": each(zone, batch.patches, |zone, input| {
                edit::change(zone, &id(&input)?, input, false, now)
            })?,
            "puts": each(zone, batch.puts, |zone, input| {
                edit::change(zone, &id(&input)?, input, true, now)
            })?,
            "posts": each(zone, batch.posts, |zone, input| edit::create(zone, input, now))?,
        }))
    })?;
    Ok(call::result(done))
}

fn each(
    zone: &mut Zone,
    inputs: Option<Vec<Input>>,
    mut change: impl FnMut(&mut Zone, Input) -> Result<Record, CloudflareError>,
) -> Result<Vec<Value>, CloudflareError> {
    let inputs = inputs.unwrap_or_default().into_iter();
    inputs.map(|input| change(zone, input).map(|record| shown(&record))).collect()
}

fn id(input: &Input) -> Result<String, CloudflareError> {
    input
        .id
        .clone()
        .ok_or_else(|| CloudflareError::bad(1_004, "Every change but a post names a record by its id"))
}
