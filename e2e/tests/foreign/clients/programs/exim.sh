# Exim as a smarthost client, without Debian's configuration in pieces.
grep -q Debian-exim /etc/passwd || echo 'Debian-exim:x:801:801::/var/spool/exim4:/bin/false' >> /etc/passwd
grep -q Debian-exim /etc/group || echo 'Debian-exim:x:801:' >> /etc/group
mkdir -p /var/spool/exim4 /var/log/exim4
chown -R Debian-exim:Debian-exim /var/spool/exim4 /var/log/exim4
cat > /etc/exim4/exim4.conf <<END
primary_hostname = device.example
log_file_path = /var/log/exim4/%slog
never_users =
local_from_check = false
untrusted_set_sender = *
begin routers
smarthost:
  driver = manualroute
  transport = relay
  route_list = * localhost
  host_find_failed = defer
  self = send
begin transports
relay:
  driver = smtp
  port = $PORT
  protocol = $([ "$SECURITY" = tls ] && echo smtps || echo smtp)
  hosts_require_auth = *
  hosts_require_tls = *
  tls_verify_certificates = /etc/ssl/server.pem
  tls_verify_cert_hostnames =
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^$LOGIN^$PASSWORD
END
chown root:Debian-exim /etc/exim4/exim4.conf && chmod 640 /etc/exim4/exim4.conf
exim4 -bV | head -1
exim4 -odf -oi -f scanner@contoso.example a@example.com < /letter/message
cat /var/log/exim4/mainlog
grep -q '=> a@example.com' /var/log/exim4/mainlog
