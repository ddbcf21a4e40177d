# OpenSMTPD as a smarthost client.
for name in opensmtpd opensmtpq; do
    id=$([ $name = opensmtpd ] && echo 804 || echo 805)
    grep -q "^$name:" /etc/group || echo "$name:x:$id:" >> /etc/group
    grep -q "^$name:" /etc/passwd || echo "$name:x:$id:$id::/run/opensmtpd/empty:/bin/false" >> /etc/passwd
done
mkdir -p /run/opensmtpd/empty /var/spool/smtpd
chmod 711 /var/spool/smtpd
echo "relay $LOGIN:$PASSWORD" > /etc/secrets
chown root:opensmtpd /etc/secrets && chmod 640 /etc/secrets
scheme=$([ "$SECURITY" = tls ] && echo smtps || echo smtp+tls)
cat > /etc/smtpd.conf <<END
table secrets file:/etc/secrets
listen on socket
action "relay" relay host $scheme://relay@localhost:$PORT auth <secrets>
match from local for any action "relay"
END
chown root:opensmtpq /usr/sbin/smtpctl && chmod 2755 /usr/sbin/smtpctl
smtpd -h 2>&1 | head -1 || true
smtpd -d > /tmp/log 2>&1 &
for _ in $(seq 100); do [ -d /var/spool/smtpd/offline ] && [ -S /run/smtpd.sock ] && break; sleep 0.1; done
sendmail -f scanner@contoso.example a@example.com < /letter/message
for _ in $(seq 150); do
    grep -q 'mta delivery .*result=' /tmp/log && break
    sleep 0.1
done
cat /tmp/log
grep -q 'mta delivery .*result="Ok"' /tmp/log
