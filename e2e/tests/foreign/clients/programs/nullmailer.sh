# nullmailer: its queue, its sender started in the foreground.
echo 'mail:x:800:800::/var/spool/nullmailer:/bin/false' | sed s/mail/nullmail/ >> /etc/passwd
echo 'nullmail:x:800:' >> /etc/group
mkdir -p /var/spool/nullmailer/queue /var/spool/nullmailer/tmp /var/spool/nullmailer/failed /etc/nullmailer
[ -p /var/spool/nullmailer/trigger ] || mkfifo /var/spool/nullmailer/trigger
chown -R nullmail:nullmail /var/spool/nullmailer
chown nullmail /usr/sbin/nullmailer-queue && chmod 4755 /usr/sbin/nullmailer-queue
how=$([ "$SECURITY" = starttls ] && echo --starttls || echo --ssl)
echo "localhost smtp --port=$PORT --auth-login --user=$LOGIN --pass=$PASSWORD $how" > /etc/nullmailer/remotes
echo device.example > /etc/nullmailer/me
chown nullmail /etc/nullmailer/remotes
nullmailer-inject -f scanner@contoso.example a@example.com < /letter/message
runuser -u nullmail -- nullmailer-send &
for _ in $(seq 100); do
    [ -z "$(ls -A /var/spool/nullmailer/queue)" ] && exit 0
    [ -n "$(ls -A /var/spool/nullmailer/failed)" ] && break
    sleep 0.1
done
ls -R /var/spool/nullmailer
exit 1
