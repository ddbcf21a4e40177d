# A job whose output cron sends by mail; sourced. The mail's subject is the job's command.
mkdir -p /var/spool/cron/crontabs
printf '@reboot cat /letter/text # %s\n' "$(cat /letter/subject)" > /var/spool/cron/crontabs/root
chmod 600 /var/spool/cron/crontabs/root
rm -f /etc/cron.d/* /run/crond.reboot /run/crond.pid
hostname device.example 2> /dev/null || true
# By STARTTLS as a service that was told no locale: cron then calls UTF-8 US-ASCII.
[ "$SECURITY" = starttls ] && unset LANG
cron -f -L 0 &
