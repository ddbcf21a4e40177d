//! nodemailer: what web applications use.

use e2e::Device;
use postern::config::raw::Mode;
use twin::captured::Path;

use crate::context::{Context, Ended, client_tests};
use crate::tools::Client;

client_tests!(Client::Node =>
    attachment_and_inline_image,
    utf8_in_names_and_subject,
    a_pool_of_connections,
    an_invitation_goes_by_smtp_whole,
    implicit_tls,
    hidden_recipients_stay_hidden,
    a_wrong_password_is_told,
);

async fn nodemailer(context: &Context, what: &str, device: &Device, mode: Mode) -> Ended {
    let secure = if mode == Mode::Tls { "tls" } else { "starttls" };
    let words = [what, &context.port(mode), secure, &device.login, &device.password];
    context.run(Client::Node, &words, "").await
}

async fn attachment_and_inline_image(context: Context) {
    nodemailer(&context, "inline", &context.world.device, Mode::Starttls).await.expect(0);
    let mail = context.one_mail().await;
    // The table says what character set it is in, and the Email API has no place for that.
    assert_eq!(mail.path, Path::Smtp);
    let parts = mail.parts();
    assert_eq!(parts.text.as_deref().map(str::trim_end), Some("See the picture."));
    assert!(parts.html.unwrap().contains("cid:logo@contoso.example"));
    let [image, table] = &parts.attachments[..] else { panic!("{:?}", parts.attachments) };
    assert_eq!(image.content_id.as_deref(), Some("logo@contoso.example"));
    assert_eq!((image.content_type.as_str(), image.content.len()), ("image/png", 68));
    assert_eq!((table.name.as_str(), table.content.as_slice()), ("Übersicht.csv", "a;ä\n".as_bytes()));
}

async fn utf8_in_names_and_subject(context: Context) {
    nodemailer(&context, "utf8", &context.world.device, Mode::Starttls).await.expect(0);
    let parts = context.one_mail().await.parts();
    assert_eq!(parts.subject, "Żółć – 你好");
    assert_eq!(parts.to.addresses[0].name.as_deref(), Some("Łukasz, Dr."));
}

async fn a_pool_of_connections(context: Context) {
    nodemailer(&context, "pool", &context.world.device, Mode::Starttls).await.expect(0);
    context.world.until_taken(50).await;
    let mut subjects: Vec<String> =
        context.world.captured().iter().map(|mail| mail.parts().subject).collect();
    subjects.sort();
    subjects.dedup();
    assert_eq!((subjects.len(), context.world.captured().len()), (50, 50));
}

async fn an_invitation_goes_by_smtp_whole(context: Context) {
    nodemailer(&context, "invitation", &context.world.device, Mode::Starttls).await.expect(0);
    let mail = context.one_mail().await;
    assert_eq!(mail.path, Path::Smtp);
    let raw = String::from_utf8(mail.raw).unwrap();
    assert!(raw.contains("text/calendar; charset=utf-8; method=REQUEST"), "{raw}");
}

async fn implicit_tls(context: Context) {
    nodemailer(&context, "utf8", &context.world.device, Mode::Tls).await.expect(0);
    context.one_mail().await;
}

async fn hidden_recipients_stay_hidden(context: Context) {
    nodemailer(&context, "hidden", &context.world.device, Mode::Starttls).await.expect(0);
    let mail = context.one_mail().await;
    let reached: Vec<&str> = mail.recipients.iter().map(|recipient| recipient.address.as_str()).collect();
    assert_eq!(reached, ["a@example.com", "hidden@example.com"]);
    let parts = mail.parts();
    assert_eq!(parts.to.addresses.len() + parts.cc.addresses.len(), 1);
}

async fn a_wrong_password_is_told(context: Context) {
    let device = Device { password: "wrong".to_owned(), ..context.world.device.clone() };
    let words = nodemailer(&context, "utf8", &device, Mode::Starttls).await.expect(1);
    assert!(words.contains("EAUTH 535"), "{words}");
}
