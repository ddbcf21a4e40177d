//! The audit log.

use crate::World;
use crate::sample::audit;

pub(crate) async fn entries_stay_in_order_and_cannot_be_changed(world: &mut World) {
    for number in 0..5 {
        world.store().audit().enter(audit(&format!("action.{number}"))).await.unwrap();
    }
    world.restart();
    let log = world.store().audit();
    let actions = |entries: Vec<(u64, store::AuditEntry)>| {
        entries.into_iter().map(|(_, one)| one.action).collect::<Vec<_>>()
    };
    let newest = log.list(String::new(), None, 3).await.unwrap();
    assert_eq!(actions(newest), ["action.4", "action.3", "action.2"]);
    assert_eq!(log.list("nobody".to_owned(), None, 10).await.unwrap().len(), 0);
}
