import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import javax.mail.Message;
import javax.mail.Session;
import javax.mail.Transport;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeBodyPart;
import javax.mail.internet.MimeMessage;
import javax.mail.internet.MimeMultipart;

/** Sends a letter as a Java application does. */
public class SendByJavaMail {
    public static void main(String[] arguments) throws Exception {
        boolean tls = System.getenv("SECURITY").equals("tls");
        Properties settings = new Properties();
        settings.put("mail.smtp.ssl.enable", String.valueOf(tls));
        settings.put("mail.smtp.starttls.enable", String.valueOf(!tls));
        settings.put("mail.smtp.starttls.required", String.valueOf(!tls));
        settings.put("mail.smtp.ssl.checkserveridentity", "true");
        settings.put("mail.smtp.auth", "true");
        settings.put("mail.smtp.from", "scanner@contoso.example");
        Session session = Session.getInstance(settings);
        System.out.println("JavaMail " + Session.class.getPackage().getImplementationVersion());
        MimeMessage message = new MimeMessage(session);
        message.setFrom("scanner@contoso.example");
        message.setRecipient(Message.RecipientType.TO, new InternetAddress("a@example.com"));
        message.setSubject(Files.readString(Path.of("/letter/subject")), "utf-8");
        String text = Files.readString(Path.of("/letter/text"));
        if (System.getenv("KIND").equals("file")) {
            MimeBodyPart words = new MimeBodyPart();
            words.setText(text, "utf-8");
            MimeBodyPart file = new MimeBodyPart();
            file.attachFile(new File("/letter/scan.pdf"), "application/pdf", "base64");
            message.setContent(new MimeMultipart(words, file));
        } else {
            message.setText(text, "utf-8");
        }
        message.saveChanges();
        try (Transport transport = session.getTransport("smtp")) {
            int port = Integer.parseInt(System.getenv("PORT"));
            transport.connect("localhost", port, System.getenv("LOGIN"), System.getenv("PASSWORD"));
            transport.sendMessage(message, message.getAllRecipients());
        }
    }
}
