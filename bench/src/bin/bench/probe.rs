//! What the disk can do at this moment: the same machine differs tenfold from hour to hour.

use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use bench::system::scratch;

const RECORD_BYTES: usize = 4_096;
const RECORDS: u64 = 2_048;
const TIME: Duration = Duration::from_millis(500);

/// 4 KiB records that one writer overwrites and syncs in a second.
///
/// # Errors
/// When the disk does not do it.
pub(crate) fn syncs_per_second() -> anyhow::Result<u64> {
    let folder = scratch()?;
    let file = std::fs::File::create_new(folder.path().join("probe"))?;
    let record = [7; RECORD_BYTES];
    (0..RECORDS).try_for_each(|index| file.write_all_at(&record, index * RECORD_BYTES as u64))?;
    file.sync_all()?;
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < TIME {
        file.write_all_at(&record, count % RECORDS * RECORD_BYTES as u64)?;
        file.sync_data()?;
        count += 1;
    }
    Ok((count as f64 / start.elapsed().as_secs_f64()) as u64)
}
