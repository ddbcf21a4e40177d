//! dig against the twin's name server.

use twin::state::dns::Record;

use crate::context::{Context, client_tests};
use crate::tools::Client;

client_tests!(Client::Dig =>
    what_a_zone_has_of_its_own,
    texts_of_any_length,
    aliases,
    names_that_are_not_there,
    names_of_others,
);

/// Asks one question, in words that end with dig's own; gives what it prints.
async fn dig(context: &Context, words: &str) -> String {
    let (host, port) = context.world.twin.ready().dns.rsplit_once(':').unwrap();
    let server = format!("@{host}");
    let mut all = vec![server.as_str(), "-p", port, "+tries=1", "+noall"];
    all.extend(words.split(' '));
    context.run(Client::Dig, &all, "").await.expect(0)
}

/// The values alone, in order.
async fn values(context: &Context, words: &str) -> Vec<String> {
    let mut lines: Vec<String> =
        dig(context, &format!("+short {words}")).await.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Writes records into the zone that Azure DNS keeps.
fn write(context: &Context, records: Vec<Record>) {
    context.world.twin.backend().change_state(|state| {
        state.zone_mut("northwind.example").unwrap().records.extend(records);
    });
}

async fn what_a_zone_has_of_its_own(context: Context) {
    let soa = dig(&context, "+comments +answer northwind.example SOA").await;
    assert!(soa.contains("status: NOERROR") && soa.contains("flags: qr aa"), "{soa}");
    let shown = values(&context, "northwind.example SOA").await;
    assert!(shown[0].starts_with("ns1-01.azure-dns.com. "), "{shown:?}");
    let servers = values(&context, "northwind.example NS").await;
    assert_eq!(servers.len(), 4);
    assert_eq!(servers[0], "ns1-01.azure-dns.com.");
    // The servers lead to the twin itself, so that a resolver that follows them arrives.
    assert_eq!(values(&context, "ns1-01.azure-dns.com A").await, ["127.0.0.1"]);
}

async fn texts_of_any_length(context: Context) {
    let spf = "v=spf1 include:spf.protection.outlook.com -all";
    let (key, longest) = ("k".repeat(400), "x".repeat(1_500));
    let text = |name: &str, value: &str| Record::new("TXT", &format!("{name}northwind.example"), value);
    write(&context, vec![text("", spf), text("", "two; \"words\""), text("k.", &key), text("l.", &longest)]);
    let both = values(&context, "northwind.example TXT").await;
    assert_eq!(both, [r#""two; \"words\"""#.to_owned(), format!("\"{spf}\"")]);
    let strings = format!("\"{}\" \"{}\"", &key[..255], &key[255..]);
    assert_eq!(values(&context, "k.northwind.example TXT").await, std::slice::from_ref(&strings));
    assert_eq!(values(&context, "+tcp k.northwind.example TXT").await, [strings]);
    let cut = dig(&context, "+comments +ignore l.northwind.example TXT").await;
    assert!(cut.contains("flags: qr aa tc"), "{cut}");
    // As everybody does, dig asks again by TCP.
    let whole = values(&context, "l.northwind.example TXT").await;
    assert_eq!(whole.last().unwrap().matches('x').count(), longest.len(), "{whole:?}");
}

async fn aliases(context: Context) {
    let (name, target) = ("selector1-azurecomm-prod-net._domainkey", "azurecomm.net");
    let full = format!("{name}.contoso.example");
    assert_eq!(values(&context, &format!("{full} CNAME")).await, [format!("{name}.{target}.")]);
    // The other end is not the twin's: a resolver asks for it elsewhere.
    let shown = dig(&context, &format!("+comments +answer {full} TXT")).await;
    assert!(shown.contains("status: NOERROR") && shown.contains("ANSWER: 1,"), "{shown}");
    write(&context, vec![Record::new("CNAME", "www.northwind.example", "shop.northwind.example")]);
    write(&context, vec![Record::new("A", "shop.northwind.example", "192.0.2.7")]);
    let followed = values(&context, "www.northwind.example A").await;
    assert_eq!(followed, ["192.0.2.7", "shop.northwind.example."]);
}

async fn names_that_are_not_there(context: Context) {
    context.world.twin.backend().change_state(|state| state.behaviour.negative_ttl = 77);
    for protocol in ["+notcp", "+tcp"] {
        let shown = dig(&context, &format!("{protocol} +comments +authority no.contoso.example A")).await;
        assert!(shown.contains("status: NXDOMAIN") && shown.contains("flags: qr aa"), "{shown}");
        let soa = shown.lines().find(|line| line.contains("\tSOA\t")).expect("an SOA record");
        assert!(soa.starts_with("contoso.example.\t") && soa.ends_with(" 77"), "{soa}");
    }
    let nothing = dig(&context, "+comments +authority contoso.example MX").await;
    assert!(nothing.contains("status: NOERROR") && nothing.contains("ANSWER: 0, AUTHORITY: 1"), "{nothing}");
}

async fn names_of_others(context: Context) {
    let shown = dig(&context, "+comments elsewhere.invalid A").await;
    assert!(shown.contains("status: REFUSED"), "{shown}");
}
