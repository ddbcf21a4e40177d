"""old_device_client.py WHAT HOST PORT CERTIFICATES LOGIN PASSWORD

Does with smtplib, ssl and openssl what old devices do. PORT has STARTTLS, CERTIFICATES is the server's folder.
"""

import base64
import http.client
import pathlib
import smtplib
import socket
import ssl
import subprocess
import sys

what, host, port, folder, login, password = sys.argv[1:]
ECDSA = pathlib.Path(folder) / "certificate.pem"
RSA = pathlib.Path(folder) / "certificate-rsa.pem"


def context():
    made = ssl.create_default_context()
    made.load_verify_locations(ECDSA)
    made.load_verify_locations(RSA)
    return made


def connect(tls=None):
    """HELO, STARTTLS, HELO: smtplib's own methods insist on EHLO."""
    server = smtplib.SMTP(host, int(port), timeout=30)
    assert server.helo("old printer")[0] == 250
    assert server.docmd("STARTTLS")[0] == 220
    server.sock = (tls or context()).wrap_socket(server.sock, server_hostname=host)
    server.file = None
    assert server.docmd("HELO", "192.0.2.7")[0] == 250
    return server


def encode(text, end=""):
    return base64.b64encode((text + end).encode()).decode().rstrip("=")


def log_in(server, end=""):
    assert server.docmd("AUTH", "LOGIN")[0] == 334
    assert server.docmd(encode(login, end))[0] == 334
    code, text = server.docmd(encode(password, end))
    assert code == 235, text


def send(server, mail="FROM:<scanner@contoso.example>", rcpt="TO:<a@example.com>"):
    for verb, argument in [("MAIL", mail), ("RCPT", rcpt)]:
        code, text = server.docmd(verb, argument)
        assert code == 250, (argument, text)
    code, text = server.data(b"From: scanner@contoso.example\r\nTo: a@example.com\r\nSubject: Old\r\n\r\nHello.\r\n")
    assert code == 250, text


def helo_then_login():
    server = connect()
    log_in(server)
    send(server)


def login_with_line_ends():
    server = connect()
    log_in(server, end="\r\n")
    send(server)


def paths():
    server = connect()
    log_in(server)
    send(server, "FROM : <scanner@contoso.example>", "TO:< a@example.com >")
    send(server, "FROM: scanner@contoso.example SIZE=", "TO: a@example.com")
    send(server, "FROM:<@old.example:scanner@contoso.example> BODY=8BITMIME", "TO <a@example.com>")
    code, text = server.docmd("MAIL", "FROM:<root>")
    assert (code, text) == (501, b"5.1.7 Sender refused: the address `root` has no domain"), text


def bare_line_ends():
    """A controller that ends its lines with LF, and the message as it must; smtplib itself would mend them."""
    server = connect()
    log_in(server)
    for verb, argument in [("MAIL", "FROM:<scanner@contoso.example>"), ("RCPT", "TO:<a@example.com>")]:
        assert server.docmd(verb, argument)[0] == 250
    assert server.docmd("DATA")[0] == 354
    server.send(b"From: scanner@contoso.example\nTo: a@example.com\nSubject: Tank 4\n\nfull\n.\nMAIL FROM:<b@c.d>\n\r\n.\r\n")
    code, text = server.getreply()
    print(code, text.decode())


def broken_paths():
    """A device that writes domains as a name server does, and names where only addresses are."""
    server = connect()
    log_in(server)
    for verb, argument in [
        ("MAIL", "FROM:<scanner@contoso.example>"),
        ("RCPT", "TO:<a@example.com.>"),
        ("RCPT", "TO:Front desk <b@example.com>"),
        ("RCPT", "TO:<c@example.com>"),
    ]:
        code, text = server.docmd(verb, argument)
        print(code, text.decode())
    code, text = server.data(b"From: scanner@contoso.example\r\nTo: a@example.com\r\nSubject: Old\r\n\r\nHello.\r\n")
    print(code, text.decode())


def repairs_counted():
    """What /metrics says of repairs, read over the management socket by http.client."""
    connection = http.client.HTTPConnection("postern")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(pathlib.Path(folder).parent / "control.sock"))
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    assert answer.status == 200 and answer.getheader("Content-Type").startswith("text/plain"), answer.status
    for line in answer.read().decode().splitlines():
        if line.startswith("postern_repairs_total"):
            print(line)


def broken_logins():
    """More often than passwords may be wrong; then the right one still works."""
    for _ in range(15):
        server = connect()
        for response in ["!!!!", "*", "=", "AGFi"]:
            assert server.docmd("AUTH", "LOGIN")[0] == 334
            assert server.docmd(encode(login))[0] == 334
            if response != "AGFi":
                assert server.docmd(response)[0] == 501
            else:
                assert server.docmd("*")[0] == 501
            assert server.docmd("AUTH", "PLAIN " + response)[0] == 501
        server.quit()
    # The name of an Entra login, as `base64` breaks it after 76 characters.
    name = base64.encodebytes(b"contoso.33333333-cccc-4333-8333-333333333333.11111111-aaaa-4111-8111-111111111111")
    for _ in range(8):
        server = connect()
        for _ in range(5):
            assert server.docmd("AUTH", "LOGIN")[0] == 334
            first, second = name.decode().split()
            assert server.docmd(first)[0] == 334
            assert server.docmd(second) == (501, b"5.5.2 The login name arrived in two lines: send it in one")
            assert server.docmd(encode(password))[0] == 500
        server.quit()
    server = connect()
    log_in(server)
    send(server)


def certificates():
    for ciphers, expected in [("ECDHE+aRSA+AESGCM", RSA), ("ECDHE+aECDSA+AESGCM", ECDSA), ("ECDHE+AESGCM", ECDSA)]:
        tls = context()
        tls.maximum_version = ssl.TLSVersion.TLSv1_2
        tls.set_ciphers(ciphers)
        server = connect(tls)
        shown = ssl.DER_cert_to_PEM_cert(server.sock.getpeercert(True)).split()
        assert shown == expected.read_text().split(), ciphers
        log_in(server)
        send(server)


def s_client(*options):
    line = ["openssl", "s_client", "-starttls", "smtp", "-connect", f"{host}:{port}", "-CAfile", "/dev/stdin"]
    roots = ECDSA.read_text() + RSA.read_text()
    done = subprocess.run([*line, *options], input=roots, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def openssl():
    for options, expected in [
        (["-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256"], "Peer signature type: RSA-PSS"),
        (["-tls1_3", "-sigalgs", "ecdsa_secp256r1_sha256"], "Peer signature type: ECDSA"),
        (["-tls1_2", "-sigalgs", "RSA+SHA256"], "Peer signature type: RSA"),
        (["-tls1_2", "-sigalgs", "RSA+SHA256:ECDSA+SHA256"], "Peer signature type: ECDSA"),
    ]:
        words = s_client(*options)
        assert expected in words and "Verify return code: 0" in words, words
    old = s_client("-tls1", "-cipher", "DEFAULT@SECLEVEL=0")
    assert "SSL alert number" in old and "Cipher is (NONE)" in old, old


{
    "helo-then-login": helo_then_login,
    "login-with-line-ends": login_with_line_ends,
    "paths": paths,
    "bare-line-ends": bare_line_ends,
    "broken-paths": broken_paths,
    "repairs-counted": repairs_counted,
    "broken-logins": broken_logins,
    "certificates": certificates,
    "openssl": openssl,
}[what]()
