//! The shape of a JSON document: its members in the order in which they came. Written small, so that a table of
//! shapes can be read: `{id tags{} value[{name}] next=null}`.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A document without its values.
#[derive(Debug)]
enum Shape {
    Object(Vec<(String, Shape)>),
    /// The shape of its first element, if there is one.
    List(Option<Box<Shape>>),
    Null,
    Value,
}

/// The shape of a document; empty where there is none.
pub(super) fn of(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    serde_json::from_str::<Shape>(text).map_or_else(|error| error.to_string(), |shape| shape.to_string())
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(members) => {
                f.write_str("{")?;
                for (number, (name, shape)) in members.iter().enumerate() {
                    let gap = if number == 0 { "" } else { " " };
                    write!(f, "{gap}{name}{shape}")?;
                }
                f.write_str("}")
            }
            Self::List(first) => {
                f.write_str("[")?;
                first.iter().try_for_each(|first| write!(f, "{first}"))?;
                f.write_str("]")
            }
            Self::Null => f.write_str("=null"),
            Self::Value => Ok(()),
        }
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Shape::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
        let first = list.next_element()?.map(Box::new);
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Shape::List(first))
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Value)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Value)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Value)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Value)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Value)
    }
}

#[test]
fn a_shape_keeps_the_order_and_tells_null_from_absent() {
    assert_eq!(of(r#"{"b":1,"a":null,"c":[{"x":"y"},2],"d":[],"e":{}}"#), "{b a=null c[{x}] d[] e{}}");
    assert_eq!((of("null"), of("")), ("=null".to_owned(), String::new()));
}
