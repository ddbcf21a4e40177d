# Postfix as a smarthost client: its queue manager runs until the message is gone.
for name in postfix postdrop; do
    grep -q "^$name:" /etc/group || echo "$name:x:$([ $name = postfix ] && echo 802 || echo 803):" >> /etc/group
done
grep -q ^postfix: /etc/passwd || echo 'postfix:x:802:802::/var/spool/postfix:/bin/false' >> /etc/passwd
cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
# Nothing listens, and nothing is chrooted a second time.
sed -i -E 's/^(smtp +inet)/#\1/; s/^([a-z]+ +(unix|fifo) +[-n] +[-ny] +)y/\1n/' /etc/postfix/master.cf
cat > /etc/postfix/main.cf <<END
compatibility_level = 3.6
maillog_file = /dev/stdout
myhostname = device.example
mydestination =
inet_interfaces = loopback-only
relayhost = [localhost]:$PORT
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = static:$LOGIN:$PASSWORD
smtp_sasl_security_options = noanonymous
smtp_tls_security_level = secure
smtp_tls_wrappermode = $([ "$SECURITY" = tls ] && echo yes || echo no)
smtp_tls_CAfile = /etc/ssl/server.pem
smtp_host_lookup = native
alias_maps =
import_environment = MAIL_CONFIG TZ LANG
END
postconf mail_version
postfix set-permissions > /dev/null 2>&1 || true
postfix check
postfix start-fg > /tmp/log 2>&1 &
for _ in $(seq 100); do [ -S /var/spool/postfix/public/pickup ] || [ -p /var/spool/postfix/public/pickup ] && break; sleep 0.1; done
sendmail -i -f scanner@contoso.example a@example.com < /letter/message
for _ in $(seq 150); do
    grep -q 'status=' /tmp/log && break
    sleep 0.1
done
cat /tmp/log
postfix stop > /dev/null 2>&1 || true
grep -q 'status=sent' /tmp/log
