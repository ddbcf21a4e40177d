# mutt, which speaks SMTP itself.
scheme=$([ "$SECURITY" = tls ] && echo smtps || echo smtp)
cat > /tmp/muttrc <<END
set from = "scanner@contoso.example"
set use_envelope_from = yes
set smtp_url = "$scheme://$LOGIN@localhost:$PORT"
set smtp_pass = "$PASSWORD"
set ssl_force_tls = yes
set certificate_file = /etc/ssl/server.pem
set copy = no
set charset = utf-8
END
mutt -v | head -1
file=()
[ "$KIND" = file ] && file=(-a /letter/scan.pdf --)
exec mutt -n -F /tmp/muttrc -s "$(cat /letter/subject)" "${file[@]}" a@example.com < /letter/text
