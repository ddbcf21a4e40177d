# Debian's cron, whose mail goes through msmtp's sendmail. A job at start, so that nobody waits for a minute to pass.
cat > /etc/msmtprc <<END
account default
host localhost
port $PORT
auth on
user $LOGIN
password $PASSWORD
auto_from on
maildomain device.example
aliases /etc/aliases
tls on
tls_starttls $([ "$SECURITY" = starttls ] && echo on || echo off)
logfile /tmp/log
END
echo 'root: a@example.com' > /etc/aliases
. /programs/cron-job.sh
for _ in $(seq 100); do [ -s /tmp/log ] && break; sleep 0.1; done
cat /tmp/log
grep -q EX_OK /tmp/log
