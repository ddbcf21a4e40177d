# s-nail (mailx): the account as one URL.
scheme=$([ "$SECURITY" = tls ] && echo smtps || echo smtp)
set -- -S v15-compat -S mta="$scheme://$LOGIN:$PASSWORD@localhost:$PORT" -S smtp-auth=plain -S smtp-use-starttls
set -- "$@" -S tls-ca-file=/etc/ssl/server.pem -S tls-verify=strict -S sendwait -S from=scanner@contoso.example
[ "$KIND" = file ] && set -- "$@" -a /letter/scan.pdf
s-nail --version | head -1
exec s-nail -n -s "$(cat /letter/subject)" "$@" a@example.com < /letter/text
