//! Operation ids that lead back to their message. A report names a send by its operation id alone; the time in it bounds
//! the messages to compare, so that the store needs no index of operation ids.

use std::ops::RangeInclusive;

use azure_types::ids::OperationId;
use uuid::Builder;

use crate::id::QueueId;

/// Everything below the 48 bits of the time.
const BELOW_TIME: u128 = (1 << 80) - 1;

/// An operation id for a send of a message: the time of the queue id in its first 48 bits, then 74 of the random bits
/// (RFC 9562 section 5.8).
#[must_use]
pub fn for_message(message: QueueId, random: [u8; 10]) -> OperationId {
    let mut bytes = message.to_bytes();
    bytes[6..].copy_from_slice(&random);
    OperationId::new(Builder::from_custom_bytes(bytes).into_uuid())
}

/// The messages to which an id of [`for_message`] can belong: those that were accepted in the same millisecond.
#[must_use]
pub fn candidates(operation: OperationId) -> RangeInclusive<QueueId> {
    let first = operation.guid().as_u128() & !BELOW_TIME;
    let id = |number: u128| QueueId::from_bytes(number.to_be_bytes());
    id(first)..=id(first | BELOW_TIME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use uuid::Variant;

    proptest! {
        #[test]
        fn an_id_leads_back_and_is_a_valid_uuid(
            (ms, other) in (0_i64..1 << 47, 0_i64..1 << 47),
            (queue, random) in any::<([u8; 10], [u8; 10])>(),
        ) {
            let id = |ms| QueueId::new(Timestamp::from_millisecond(ms).unwrap(), queue);
            let operation = for_message(id(ms), random);
            prop_assert!(candidates(operation).contains(&id(ms)));
            prop_assert_eq!(candidates(operation).contains(&id(other)), ms == other);
            let (first, last) = candidates(operation).into_inner();
            let texts = first.to_string()..=last.to_string();
            prop_assert!(texts.contains(&id(ms).to_string()), "rows are found by text");
            prop_assert_eq!(operation.guid().get_version_num(), 8);
            prop_assert_eq!(operation.guid().get_variant(), Variant::RFC4122);
        }

        #[test]
        fn each_of_74_bits_makes_another_id(queue: [u8; 16], random: [u8; 10], bit in 0_usize..80) {
            let (queue, mut changed) = (QueueId::from_bytes(queue), random);
            changed[bit / 8] ^= 0x80 >> (bit % 8);
            // Four bits are the version, two the variant.
            let is_fixed = bit < 4 || (16..18).contains(&bit);
            prop_assert_eq!(for_message(queue, random) == for_message(queue, changed), is_fixed);
        }

        #[test]
        fn later_messages_have_later_ids(
            (earlier, later) in (0_i64..1 << 47, 0_i64..1 << 47),
            random: [[u8; 10]; 2],
        ) {
            prop_assume!(earlier < later);
            let id = |ms, random| for_message(QueueId::new(Timestamp::from_millisecond(ms).unwrap(), [7; 10]), random);
            prop_assert!(id(earlier, random[0]) < id(later, random[1]));
        }
    }
}
