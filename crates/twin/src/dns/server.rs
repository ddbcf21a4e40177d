//! One question, one answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Edns, Header, HeaderCounts, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::{DNSClass, Record as WireRecord};
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use jiff::Timestamp;
use tracing::debug;

use crate::backend::Backend;
use crate::dns_wire;
use crate::faults::{Effect, Operation};
use crate::state::dns::Record;
use crate::state::dns::answer::{Code, answer};

/// Answers with the records of the twin's zones.
pub(super) struct Handler(Arc<Backend>);

/// Bytes of an answer by UDP that no path breaks into pieces.
const MAX_DATAGRAM: u16 = 1_232;

/// What goes into a response.
struct Reply {
    code: ResponseCode,
    answers: Vec<WireRecord>,
    soa: Option<WireRecord>,
}

impl Handler {
    pub(super) fn new(backend: Arc<Backend>) -> Self {
        Self(backend)
    }

    /// What is answered, if anything is.
    async fn reply(&self, request: &Request) -> Option<Reply> {
        match self.0.faults.trigger(Operation::Dns) {
            None => {}
            Some(Effect::Late(milliseconds)) => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            }
            Some(Effect::Answer { .. } | Effect::Fail { .. }) => {
                return Some(Reply::without_records(ResponseCode::ServFail));
            }
            Some(Effect::Hang | Effect::DoneButUnanswered | Effect::CutAfter(_)) => return None,
        }
        if request.metadata.op_code != OpCode::Query {
            return Some(Reply::without_records(ResponseCode::NotImp));
        }
        let Ok(asked) = request.request_info() else {
            return Some(Reply::without_records(ResponseCode::FormErr));
        };
        if asked.query.query_class() != DNSClass::IN {
            return Some(Reply::without_records(ResponseCode::Refused));
        }
        let name = asked.query.original().name().to_ascii();
        let kind = asked.query.query_type().to_string();
        // Servers know what was written at once; it is resolvers who remember.
        let said = answer(&self.0.state(), &name, &kind, Timestamp::MAX);
        let code = match said.code {
            Code::NoError => ResponseCode::NoError,
            Code::NxDomain => ResponseCode::NXDomain,
            Code::Refused => ResponseCode::Refused,
        };
        let shown = |record: &Record| {
            let wire = dns_wire::record(record);
            if wire.is_none() {
                debug!(reason = ?record, "a record has no form on the wire");
            }
            wire
        };
        Some(Reply {
            code,
            answers: said.records.iter().filter_map(shown).collect(),
            soa: said.soa.as_ref().and_then(shown),
        })
    }

    async fn respond(&self, request: &Request, mut responses: impl ResponseHandler) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        let Some(reply) = self.reply(request).await else {
            return Header { metadata, counts: HeaderCounts::default() }.into();
        };
        metadata.response_code = reply.code;
        metadata.authoritative = matches!(reply.code, ResponseCode::NoError | ResponseCode::NXDomain);
        let edns = request.edns.as_ref().map(|asked| {
            let mut edns = Edns::new();
            edns.set_max_payload(asked.max_payload().clamp(512, MAX_DATAGRAM));
            edns
        });
        let builder = MessageResponseBuilder::new(&request.queries, edns.as_ref());
        let response = builder.build(metadata, &reply.answers, [], &reply.soa, []);
        responses.send_response(response).await.unwrap_or_else(|error| {
            debug!(%error, "an answer could not be sent");
            Header { metadata, counts: HeaderCounts::default() }.into()
        })
    }
}

impl Reply {
    fn without_records(code: ResponseCode) -> Self {
        Self { code, answers: Vec::new(), soa: None }
    }
}

impl RequestHandler for Handler {
    // What `async fn` becomes in this trait.
    fn handle_request<'s, 'r, 'a, R, T>(
        &'s self,
        request: &'r Request,
        responses: R,
    ) -> Pin<Box<dyn Future<Output = ResponseInfo> + Send + 'a>>
    where
        R: ResponseHandler + 'a,
        T: Time + 'a,
        's: 'a,
        'r: 'a,
    {
        Box::pin(self.respond(request, responses))
    }
}
