"""Pictures that an HTML text shows, and how it names them."""

from .case import PDF, case, joined, mail, multipart, nested, octets

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\n"


def picture(identity, more="", name="logo.png"):
    head = f'Content-Type: image/png; name="{name}"\nContent-Transfer-Encoding: base64\n'
    return f'{head}Content-Disposition: inline; filename="{name}"\n{identity}{more}\n{PNG}'


def page(text, kind="text/html; charset=us-ascii"):
    return f"Content-Type: {kind}\n\n<html><body>{text}</body></html>"


def shown(name, text, *pictures, parameters='; type="text/html"', **more):
    case(f"inline {name}", multipart(page(text), *pictures, kind="multipart/related", parameters=parameters), **more)


REFERENCES = {
    "plain": ('<img src="cid:logo@device.example">', "Content-ID: <logo@device.example>\n"),
    "in single quotes": ("<img src='cid:logo@device.example'>", "Content-ID: <logo@device.example>\n"),
    "without quotes": ("<img src=cid:logo@device.example>", "Content-ID: <logo@device.example>\n"),
    "percent-encoded": ('<img src="cid:logo%40device.example">', "Content-ID: <logo@device.example>\n"),
    "percent-encoded in lower case": ('<img src="cid:a%2fb@device.example">', "Content-ID: <a/b@device.example>\n"),
    "with an encoded dollar": ('<img src="cid:a%24b@device.example">', "Content-ID: <a$b@device.example>\n"),
    "with a percent sign in its id": ('<img src="cid:a%2525b@device.example">', "Content-ID: <a%25b@device.example>\n"),
    "in capitals": ('<img src="CID:logo@device.example">', "Content-ID: <logo@device.example>\n"),
    "in mixed case": ('<IMG SRC="Cid:logo@device.example">', "Content-ID: <logo@device.example>\n"),
    "with an ampersand escaped": ('<img src="cid:a&amp;b@device.example">', "Content-ID: <a&b@device.example>\n"),
    "with an ampersand bare": ('<img src="cid:a&b@device.example">', "Content-ID: <a&b@device.example>\n"),
    "with a numeric reference": ('<img src="cid:logo&#64;device.example">', "Content-ID: <logo@device.example>\n"),
    "with a hexadecimal reference": ('<img src="&#x63;id:logo@device.example">', "Content-ID: <logo@device.example>\n"),
    "in a background": ('<td background="cid:logo@device.example">', "Content-ID: <logo@device.example>\n"),
    "in a style": ("<div style=\"background:url('cid:logo@device.example')\">", "Content-ID: <logo@device.example>\n"),
    "in a style without quotes": (
        '<div style="background:url(cid:logo@device.example)">',
        "Content-ID: <logo@device.example>\n",
    ),
    "in a style with entities": (
        '<div style="background:url(&quot;cid:logo@device.example&quot;)">',
        "Content-ID: <logo@device.example>\n",
    ),
    "in a style element": (
        "<style>p{background:url(cid:logo@device.example)}</style>",
        "Content-ID: <logo@device.example>\n",
    ),
    "in a srcset": ('<img srcset="cid:logo@device.example 2x">', "Content-ID: <logo@device.example>\n"),
    "in a link": ('<a href="cid:logo@device.example">logo</a>', "Content-ID: <logo@device.example>\n"),
    "with blanks around it": ('<img src=" cid:logo@device.example ">', "Content-ID: <logo@device.example>\n"),
    "with a line end in it": ('<img src="cid:logo@\ndevice.example">', "Content-ID: <logo@device.example>\n"),
    "with blanks in the brackets": ('<img src="cid:logo@device.example">', "Content-ID: < logo@device.example >\n"),
    "with blanks around the brackets": (
        '<img src="cid:logo@device.example">',
        "Content-ID:    <logo@device.example>  \n",
    ),
    "without brackets": ('<img src="cid:logo@device.example">', "Content-ID: logo@device.example\n"),
    "with a comment behind the id": (
        '<img src="cid:logo@device.example">',
        "Content-ID: <logo@device.example> (logo)\n",
    ),
    "with the id in a second line": ('<img src="cid:logo@device.example">', "Content-ID:\n <logo@device.example>\n"),
    "with the field in capitals": ('<img src="cid:logo@device.example">', "CONTENT-ID: <logo@device.example>\n"),
    "without a domain": ('<img src="cid:logo">', "Content-ID: <logo>\n"),
    "in another case than the id": ('<img src="cid:LOGO@device.example">', "Content-ID: <logo@device.example>\n"),
    "with blanks within the id": ('<img src="cid:my logo">', "Content-ID: <my logo>\n"),
    "with encoded blanks within the id": ('<img src="cid:my%20logo">', "Content-ID: <my logo>\n"),
    "with a plus sign": ('<img src="cid:a+b@device.example">', "Content-ID: <a+b@device.example>\n"),
    "with a raw umlaut": ('<img src="cid:zähler@device.example">', "Content-ID: <zähler@device.example>\n"),
    "with an encoded umlaut": ('<img src="cid:z%C3%A4hler@device.example">', "Content-ID: <zähler@device.example>\n"),
    "that is missing": ('<img src="cid:other@device.example">', "Content-ID: <logo@device.example>\n"),
    "in a comment": ("<!-- cid:logo@device.example -->", "Content-ID: <logo@device.example>\n"),
    "in a text": ("see cid:logo@device.example", "Content-ID: <logo@device.example>\n"),
    "by Content-Location": (
        '<img src="http://device.example/logo.png">',
        "Content-Location: http://device.example/logo.png\n",
    ),
    "by a relative Content-Location": ('<img src="logo.png">', "Content-Location: logo.png\n"),
    "by both": (
        '<img src="cid:logo@device.example"><img src="logo.png">',
        "Content-ID: <logo@device.example>\nContent-Location: logo.png\n",
    ),
    "by an empty id": ('<img src="cid:">', "Content-ID: <>\n"),
    "twice": (
        '<img src="cid:logo@device.example"><img src="cid:logo@device.example">',
        "Content-ID: <logo@device.example>\n",
    ),
}
for name, (text, identity) in REFERENCES.items():
    shown(name, text, picture(identity))
    case(f"inline {name}, in a mixed multipart", multipart(page(text), picture(identity)))

BEGINS = [picture("Content-ID: <img1>\n", name="1.png"), picture("Content-ID: <img10>\n", name="10.png")]
shown("id that begins another's, the longer is shown", '<img src="cid:img10">', *BEGINS)
shown("id that begins another's, the shorter is shown", '<img src="cid:img1">', *BEGINS)
shown("id that begins another's, both are shown", '<img src="cid:img1"><img src="cid:img10">', *BEGINS)
shown(
    "id that ends another's",
    '<img src="cid:xlogo">',
    picture("Content-ID: <logo>\n"),
    picture("Content-ID: <xlogo>\n", name="x.png"),
)
shown(
    "id twice, shown",
    '<img src="cid:logo">',
    picture("Content-ID: <logo>\n"),
    picture("Content-ID: <logo>\n", name="2.png"),
)
shown(
    "id twice, not shown",
    "<p>none</p>",
    picture("Content-ID: <logo>\n"),
    picture("Content-ID: <logo>\n", name="2.png"),
    rest_delivers=True,
)
shown(
    "ids equal but for case",
    '<img src="cid:LOGO"><img src="cid:logo">',
    picture("Content-ID: <logo>\n"),
    picture("Content-ID: <LOGO>\n", name="2.png"),
)
shown("picture without an id", "<p>none</p>", picture(""))
shown(
    "picture without a name",
    '<img src="cid:logo">',
    f"Content-Type: image/png\nContent-Transfer-Encoding: base64\nContent-ID: <logo>\n\n{PNG}",
)
shown(
    "root named by start",
    '<img src="cid:logo">',
    picture("Content-ID: <logo>\n"),
    parameters='; type="text/html"; start="<root>"',
)
shown("related without a type", '<img src="cid:logo">', picture("Content-ID: <logo>\n"), parameters="")
case(
    "inline root that is not the first part",
    multipart(
        picture("Content-ID: <logo>\n"),
        "Content-ID: <root>\n" + page('<img src="cid:logo">'),
        kind="multipart/related",
        parameters='; type="text/html"; start="<root>"',
    ),
)
INNER = nested(
    page('<img src="cid:logo">'), picture("Content-ID: <logo>\n"), kind="multipart/related", boundary="=_Rel"
)
PLAIN = "Content-Type: text/plain; charset=us-ascii\n\nSee the logo."
case("inline picture within an alternative within a mixed", multipart(nested(PLAIN, INNER), PDF), rest_delivers=True)
case(
    "inline picture within an alternative",
    mail('Content-Type: multipart/alternative; boundary="=_Alt"\n', joined("=_Alt", PLAIN, INNER)),
)
case(
    "inline alternative within a related",
    multipart(
        nested(PLAIN, page('<img src="cid:logo">')),
        picture("Content-ID: <logo>\n"),
        kind="multipart/related",
        parameters='; type="multipart/alternative"',
    ),
)
case("inline picture beside the related", multipart(INNER, picture("Content-ID: <logo2>\n", name="2.png")))
case(
    "inline HTML in base64",
    multipart(
        octets(
            "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\nPGltZyBzcmM9ImNpZDpsb2dvIj4=\n"
        ),
        picture("Content-ID: <logo>\n"),
        kind="multipart/related",
    ),
)
case(
    "inline HTML in quoted-printable",
    multipart(
        'Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<img src=3D"cid:lo=\ngo">',
        picture("Content-ID: <logo>\n"),
        kind="multipart/related",
    ),
)
case(
    "inline HTML in UTF-8",
    multipart(
        'Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n<img src="cid:logo">Grüße',
        picture("Content-ID: <logo>\n"),
        kind="multipart/related",
    ),
)
case(
    "inline HTML that is a file",
    multipart(
        PLAIN,
        'Content-Type: text/html; name=a.html\nContent-Disposition: attachment; filename=a.html\n\n<img src="cid:logo">',
        picture("Content-ID: <logo>\n"),
    ),
)
