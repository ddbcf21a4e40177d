"""Signed and encrypted mail, made by openssl, gpg and dkimpy."""

import base64
import os
import shutil
import subprocess
import tempfile

from .case import PDF, TEXT, case, mail, multipart, octets

QP = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe, signiert.\n"
UMLAUTS = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße, signiert.\n"
SEALED = {
    "ASCII": TEXT + "\n",
    "quoted-printable": QP,
    "8-bit": UMLAUTS,
    "multipart": multipart(TEXT, PDF, boundary="sealed")[
        multipart(TEXT, PDF, boundary="sealed").index(b"Content-Type:") :
    ],
}
FIELDS = {
    "": "",
    ", raw Subject": "Subject: Grüße\n",
    ", long To": "To: " + ", ".join(f"r{n}@example.com" for n in range(60)) + ", a@example.com\n",
}
# What the test asks openssl, gpg and dkimpy about what arrived: name of a case to a function of its octets.
SEALS = {}
missing = []


def run(*words, text=b"", **more):
    return subprocess.run(words, input=text, check=True, capture_output=True, **more).stdout


def keys(folder):
    """A certificate for S/MIME in `folder`."""
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
    run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-keyout",
        key,
        "-out",
        certificate,
        "-days",
        "9",
        "-subj",
        "/CN=scanner@contoso.example",
        "-addext",
        "keyUsage=digitalSignature,keyAgreement",
        "-addext",
        "extendedKeyUsage=emailProtection",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
    )
    return key, certificate


def smime(folder):
    key, certificate = keys(folder)

    def holds(message):
        found = subprocess.run(
            ["openssl", "cms", "-verify", "-CAfile", certificate, "-purpose", "any"], input=message, capture_output=True
        )
        return found.returncode == 0

    for name, entity in SEALED.items():
        signed = (
            run(
                "openssl",
                "cms",
                "-sign",
                "-signer",
                certificate,
                "-inkey",
                key,
                "-md",
                "sha256",
                text=octets(entity),
                cwd=folder,
            )
            if name != "8-bit"
            else None
        )
        for what, fields in FIELDS.items():
            if signed is None:
                continue
            head, body = octets(signed).split(b"\r\n\r\n", 1)
            head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"MIME-Version"))
            title = f"S/MIME, {name} signed{what}"
            case(title, mail(octets(fields) + head + b"\r\n", body))
            SEALS[title] = holds
    opaque = run(
        "openssl",
        "cms",
        "-sign",
        "-nodetach",
        "-signer",
        certificate,
        "-inkey",
        key,
        "-outform",
        "DER",
        text=octets(TEXT),
    )
    sealed = run("openssl", "cms", "-encrypt", "-aes128", "-outform", "DER", certificate, text=octets(TEXT))
    for name, der, kind in [("opaque", opaque, "signed-data"), ("encrypted", sealed, "enveloped-data")]:
        head = f'Content-Type: application/pkcs7-mime; smime-type={kind}; name="smime.p7m"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="smime.p7m"\n'
        case(f"S/MIME, {name}", mail(head, base64.encodebytes(der)))
        case(f"S/MIME, {name}, raw Subject", mail("Subject: Grüße\n" + head, base64.encodebytes(der)))


def pgp(folder):
    gpg = ["gpg", "--homedir", folder, "--batch", "--quiet", "--yes", "--passphrase", "", "--trust-model", "always"]
    run(*gpg, "--quick-generate-key", "scanner@contoso.example", "ed25519", "sign", "never")

    def holds(message):
        boundary = message.split(b'boundary="', 1)[1].split(b'"')[0]
        _, signed, signature, _ = message.split(b"--" + boundary, 3)
        text, seal = os.path.join(folder, "text"), os.path.join(folder, "seal")
        with open(text, "wb") as file:
            file.write(signed.removeprefix(b"\r\n").removesuffix(b"\r\n"))
        with open(seal, "wb") as file:
            file.write(signature.split(b"\r\n\r\n", 1)[1])
        return subprocess.run([*gpg, "--verify", seal, text], capture_output=True).returncode == 0

    for name, entity in SEALED.items():
        signature = run(*gpg, "--armor", "--detach-sign", text=octets(entity).removesuffix(b"\r\n"))
        part = b'Content-Type: application/pgp-signature; name="signature.asc"\n\n' + signature
        for what, fields in FIELDS.items():
            title = f"PGP, {name} signed{what}"
            kind = {
                "kind": "multipart/signed",
                "parameters": '; micalg=pgp-sha512;\n protocol="application/pgp-signature"',
            }
            message = multipart(octets(entity).removesuffix(b"\r\n"), part, boundary="=_PGP", fields=fields, **kind)
            # A seal over 8 bits cannot be kept where a server takes seven: that is said.
            case(title, message, says=("signature", "signed") if name == "8-bit" else ())
            SEALS[title] = holds
    inline = run(*gpg, "--clear-sign", text=b"Readings attached.\n- dash\nFrom here\n")
    case("PGP, a text signed inline", mail("", inline))
    armour = "-----BEGIN PGP MESSAGE-----\n\nhQEMAwAAAAAAAAAAAQf+AAAA\n=AAAA\n-----END PGP MESSAGE-----\n"
    case("PGP, encrypted inline", mail("", armour))
    case(
        "PGP, encrypted",
        multipart(
            "Content-Type: application/pgp-encrypted\n\nVersion: 1\n",
            'Content-Type: application/octet-stream; name="encrypted.asc"\n\n' + armour,
            kind="multipart/encrypted",
            parameters='; protocol="application/pgp-encrypted"',
        ),
    )


def dkim():
    import dkim as dkimpy
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    for name, message in {
        "plain": mail(),
        "with a file": multipart(TEXT, PDF),
        "with a Bcc": mail("Bcc: b@example.com"),
        "without a Message-ID": mail("-Message-ID\n-Date"),
        "with blanks at its lines' ends": mail("X-Odd:  a   b  ", "x  \n\n\n"),
        "in 8 bit": mail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n", "Grüße\n"),
        "with a raw Subject": mail("Subject: Grüße\n"),
        "with a long line": mail("", "x" * 1200 + "\n"),
    }.items():
        for form in (b"relaxed", b"simple"):
            signature = dkimpy.sign(
                message,
                b"s1",
                b"contoso.example",
                private,
                canonicalize=(form, form),
                include_headers=[b"from", b"to", b"subject"],
            )
            title = f"DKIM, {name}, {form.decode()}"
            changed = "8 bit" in name or "raw" in name or "long" in name
            case(title, octets(signature) + message, says=("signature", "signed", "DKIM") if changed else ())
            SEALS[title] = lambda octets: dkimpy.verify(octets, dnsfunc=lambda *_, **__: record)


FOLDER = tempfile.TemporaryDirectory(prefix="faithful-")
for program, make in (("openssl", smime), ("gpg", pgp)):
    if shutil.which(program) is None:
        missing.append(program)
    else:
        make(FOLDER.name)
try:
    dkim()
except ImportError as error:
    missing.append(str(error))
