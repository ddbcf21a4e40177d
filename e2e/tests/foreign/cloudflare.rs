//! Cloudflare's own library for Python against the twin.

use serde_json::json;
use twin::state::dns::answer::answer;
use twin::state::dns::provider::CloudflareToken;
use twin::state::dns::{DKIM, SPF_INCLUDE};
use twin::{Effect, InjectedFault, Operation};

use crate::context::{Context, client_tests};
use crate::tools::Client;

client_tests!(Client::Cloudflare => records_are_written_and_shown);

const ZONE: &str = "fabrikam.example";
const LOOKING: &str = "looks-only";

async fn records_are_written_and_shown(context: Context) {
    let backend = context.world.twin.backend().clone();
    backend.change_state(|state| {
        let looking =
            CloudflareToken { value: LOOKING.to_owned(), is_read_only: true, ..CloudflareToken::default() };
        state.cloudflare_tokens.push(looking);
    });
    // The library asks again.
    let effect = Effect::Answer {
        status: 429,
        code: "971".into(),
        message: "Please wait and consider throttling your request speed".into(),
        retry_after: Some(1),
    };
    backend.arm(InjectedFault { operation: Operation::Cloudflare, effect, times: Some(1), one_in: None });
    let spf = format!("v=spf1 {SPF_INCLUDE} -all");
    let mut records = vec![
        json!({ "type": "TXT", "name": ZONE, "content": "ms-domain-verification=5" }),
        json!({ "type": "TXT", "name": ZONE, "content": spf }),
    ];
    records.extend(DKIM.map(|(_, selector, target)| {
        json!({ "type": "CNAME", "name": format!("{selector}.{ZONE}"), "content": target })
    }));
    let url = context.world.twin.ready().url.clone();
    let words = [url.as_str(), "twin-cloudflare-token", LOOKING];
    let records = serde_json::to_string(&records).unwrap();
    let printed = context.run(Client::Cloudflare, &words, &records).await.expect(0);
    let [first, second] = DKIM.map(|(_, selector, _)| selector);
    let expected = format!(
        "token active\nzones adatum.example {ZONE}\nzone {ZONE} active ada.ns.cloudflare.com\n\
         made TXT {ZONE} 3600.0 False\nmade TXT {ZONE} 3600.0 False\n\
         made CNAME {first}.{ZONE} 3600.0 False\nmade CNAME {second}.{ZONE} 3600.0 False\n\
         twice BadRequestError 400 81058\nbeside BadRequestError 400 81053\nnumber BadRequestError 400 1004\n\
         texts ms-domain-verification v\nexact 2\nalias {second}.{ZONE} True\n\
         edited 300.0 key two\nupdated 600.0 key 2\nbatch 2 1 True\nlong 400\ndeleted True\n\
         gone NotFoundError 404 81044\nstranger AuthenticationError 401 1000\n\
         stranger's zones AuthenticationError 401 10000\nlooks 5\nlooks PermissionDeniedError 403 10000\n"
    );
    assert_eq!(printed, expected);
    // What was written is what everybody is told.
    let (state, now) = (backend.state(), backend.now());
    assert_eq!(answer(&state, ZONE, "TXT", now).records.len(), 2);
    for (_, selector, target) in DKIM {
        let shown = answer(&state, &format!("{selector}.{ZONE}"), "CNAME", now).records;
        assert_eq!((shown[0].value.as_str(), shown[0].ttl), (target, 3_600));
    }
    assert_eq!(answer(&state, &format!("web.{ZONE}"), "A", now).records.len(), 2, "the proxy's addresses");
}
