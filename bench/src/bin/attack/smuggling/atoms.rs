//! The pieces that sequences are made of.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Atom {
    Bytes(&'static [u8]),
    /// A whole second message, with its envelope, up to its first word of text.
    Message,
}

pub(super) const ATOMS: [Atom; 12] = [
    Atom::Bytes(b"\r"),
    Atom::Bytes(b"\n"),
    Atom::Bytes(b"\r\n"),
    Atom::Bytes(b"."),
    Atom::Bytes(b"\r\n.\r"),
    Atom::Bytes(b"\n.\n"),
    Atom::Bytes(b"\r.\r"),
    Atom::Bytes(b"\n.\r\n"),
    Atom::Bytes(b"\r\n.\n"),
    Atom::Bytes(b"\0"),
    Atom::Bytes(b"text"),
    Atom::Message,
];

/// The atoms of a sequence, which is a number in base 12.
pub(super) fn of_sequence(mut sequence: usize, length: u32) -> Vec<Atom> {
    let mut atoms = Vec::new();
    for _ in 0..length {
        atoms.push(ATOMS[sequence % ATOMS.len()]);
        sequence /= ATOMS.len();
    }
    atoms
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_number_is_another_sequence() {
        let count = ATOMS.len().pow(3);
        let all: HashSet<String> = (0..count).map(|number| format!("{:?}", of_sequence(number, 3))).collect();
        assert_eq!(all.len(), count);
    }
}
