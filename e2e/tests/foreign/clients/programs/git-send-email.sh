# git send-email: messages from files, as for patches.
git config --global user.name Scanner
git config --global user.email scanner@contoso.example
git --version
exec git send-email --smtp-server=localhost --smtp-server-port="$PORT" \
    --smtp-encryption="$([ "$SECURITY" = tls ] && echo ssl || echo tls)" --smtp-ssl-cert-path=/etc/ssl/server.pem \
    --smtp-user="$LOGIN" --smtp-pass="$PASSWORD" --from=scanner@contoso.example --to=a@example.com \
    --suppress-cc=all --confirm=never --no-validate --8bit-encoding=UTF-8 /letter/message
