# msmtp as a user runs it: a message on standard input, the recipient as an argument.
cat > /tmp/msmtprc <<END
account default
host localhost
port $PORT
auth on
user $LOGIN
password $PASSWORD
from scanner@contoso.example
tls on
tls_starttls $([ "$SECURITY" = starttls ] && echo on || echo off)
END
chmod 600 /tmp/msmtprc
msmtp --version | head -1
exec msmtp --file=/tmp/msmtprc a@example.com < /letter/message
