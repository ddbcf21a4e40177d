# DragonFly Mail Agent as Debian sets it up: a smarthost, and the queue flushed by its own process.
getent group mail > /dev/null || echo 'mail:x:8:' >> /etc/group
mkdir -p /var/spool/dma /var/mail
cat > /etc/dma/dma.conf <<END
SMARTHOST localhost
PORT $PORT
AUTHPATH /etc/dma/auth.conf
SECURETRANSFER
$([ "$SECURITY" = starttls ] && echo STARTTLS)
MAILNAME /etc/mailname
MASQUERADE scanner@contoso.example
END
echo "$LOGIN|localhost:$PASSWORD" > /etc/dma/auth.conf
chgrp -R mail /etc/dma /var/spool/dma
chmod 2775 /var/spool/dma
# -D: deliver at once and stay until it is done.
dma -i -D -f scanner@contoso.example a@example.com < /letter/message
ls /var/spool/dma
