# Debian's cron, whose mail goes through DragonFly Mail Agent's sendmail.
getent group mail > /dev/null || echo 'mail:x:8:' >> /etc/group
mkdir -p /var/spool/dma /var/mail
cat > /etc/dma/dma.conf <<END
SMARTHOST localhost
PORT $PORT
AUTHPATH /etc/dma/auth.conf
SECURETRANSFER
$([ "$SECURITY" = starttls ] && echo STARTTLS)
MAILNAME /etc/mailname
END
echo "$LOGIN|localhost:$PASSWORD" > /etc/dma/auth.conf
chgrp -R mail /etc/dma /var/spool/dma
chmod 2775 /var/spool/dma
echo 'root: a@example.com' > /etc/aliases
. /programs/cron-job.sh
sleep 1
for _ in $(seq 100); do ls /var/spool/dma | grep -qv flush || break; sleep 0.1; done
ls /var/spool/dma
