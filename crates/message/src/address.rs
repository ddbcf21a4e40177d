//! Address lists of header fields (RFC 5322 section 3.4).

use mailparse::MailAddr;

use crate::header::Field;

/// A mailbox with the name beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Display name, decoded.
    pub name: Option<String>,
    /// `local-part@domain` as written.
    pub address: String,
}

/// The addresses of a field, groups flattened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList {
    /// The mailboxes in order.
    pub addresses: Vec<Address>,
    /// Whether there was a group, whose name the flat list does not have.
    pub has_groups: bool,
}

/// The longest field that is read, in bytes: reading costs the square of the length.
pub const MAX_FIELD_BYTES: usize = 4_096;

/// The field's body is not an address list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("field {0} is not a list of addresses")]
pub struct NotAddresses(pub String);

impl AddressList {
    /// Reads the body of an address field. An empty body is an empty list.
    ///
    /// # Errors
    /// When the body is something else.
    pub fn read(field: &Field<'_>) -> Result<Self, NotAddresses> {
        let malformed = || NotAddresses(field.name().to_owned());
        if field.raw().len() > MAX_FIELD_BYTES {
            return Err(malformed());
        }
        if field.body().is_empty() {
            return Ok(Self::default());
        }
        let (header, _) = mailparse::parse_header(field.raw()).map_err(|_| malformed())?;
        let parsed = mailparse::addrparse_header(&header).map_err(|_| malformed())?;
        let mut list = Self::default();
        for address in parsed.iter() {
            match address {
                MailAddr::Single(single) => list.push(single),
                MailAddr::Group(group) => {
                    list.has_groups = true;
                    group.addrs.iter().for_each(|single| list.push(single));
                }
            }
        }
        Ok(list)
    }

    fn push(&mut self, single: &mailparse::SingleInfo) {
        let name = single.display_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        self.addresses
            .push(Address { name: name.map(str::to_owned), address: single.addr.trim().to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header;

    fn read(body: &str) -> Option<AddressList> {
        let raw = format!("To: {body}\r\n");
        let field = header::fields(raw.as_bytes()).next().unwrap().unwrap();
        AddressList::read(&field).ok()
    }

    fn one(name: Option<&str>, address: &str) -> Option<AddressList> {
        let address = Address { name: name.map(str::to_owned), address: address.to_owned() };
        Some(AddressList { addresses: vec![address], has_groups: false })
    }

    #[test]
    fn the_usual_forms_are_read() {
        assert_eq!(read("a@b.c"), one(None, "a@b.c"));
        assert_eq!(read("<a@b.c>"), one(None, "a@b.c"));
        assert_eq!(read("< a@b.c >"), one(None, "a@b.c"));
        assert_eq!(read("A B <a@b.c>"), one(Some("A B"), "a@b.c"));
        assert_eq!(read("\"B, A\" <a@b.c>"), one(Some("B, A"), "a@b.c"));
        assert_eq!(read("=?utf-8?Q?J=C3=BCrgen?= <a@b.c>"), one(Some("Jürgen"), "a@b.c"));
        assert_eq!(read("a@b.c, D <d@e.f>").unwrap().addresses.len(), 2);
        assert_eq!(read("a@b.c,\r\n d@e.f").unwrap().addresses[1].address, "d@e.f");
    }

    #[test]
    fn groups_are_flattened_and_noticed() {
        let empty = AddressList { addresses: Vec::new(), has_groups: true };
        assert_eq!(read("undisclosed-recipients:;"), Some(empty));
        let list = read("Team: a@b.c, D <d@e.f>;").unwrap();
        assert_eq!((list.addresses.len(), list.has_groups), (2, true));
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(read(""), Some(AddressList::default()));
        assert_eq!(read("\"unfinished <a@b.c>"), None);
        assert_eq!(read("A <a@b.c> trailing@x"), None);
    }
}
