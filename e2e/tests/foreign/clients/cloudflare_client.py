"""cloudflare_client.py URL TOKEN LOOKING_TOKEN, with the records that a domain needs as JSON on standard input"""

import json
import sys

import cloudflare
from cloudflare import Cloudflare

url, token, looking = sys.argv[1:]
client = Cloudflare(api_token=token, base_url=url + "/client/v4", max_retries=1)
wanted = json.load(sys.stdin)


def refused(name, call):
    try:
        call()
        print(name, "was allowed")
    except cloudflare.APIStatusError as error:
        print(name, type(error).__name__, error.status_code, error.errors[0].code)


print("token", client.user.tokens.verify().status)
print("zones", *[zone.name for zone in client.zones.list(per_page=1)])
zone = next(iter(client.zones.list(name="fabrikam.example")))
print("zone", client.zones.get(zone_id=zone.id).name, zone.status, zone.name_servers[0])

records = client.dns.records
for record in wanted:
    made = records.create(zone_id=zone.id, ttl=3600, proxied=False, **record)
    print("made", made.type, made.name, made.ttl, made.proxied)
refused("twice", lambda: records.create(zone_id=zone.id, ttl=3600, **wanted[-1]))
beside = {"type": "A", "name": wanted[-1]["name"], "content": "192.0.2.1"}
refused("beside", lambda: records.create(zone_id=zone.id, ttl=3600, **beside))
refused("number", lambda: records.create(zone_id=zone.id, ttl=5, **{**beside, "name": "a"}))

texts = list(records.list(zone_id=zone.id, type="TXT", order="content", per_page=1))
print("texts", *[text.content.strip('"').split("=")[0] for text in texts])
exact = {"exact": "fabrikam.example"}
print("exact", len(list(records.list(zone_id=zone.id, name=exact, match="all"))))
alias = next(iter(records.list(zone_id=zone.id, type="CNAME", content={"startswith": "selector2"})))
print("alias", alias.name, records.get(alias.id, zone_id=zone.id).content == alias.content)

edited = records.edit(alias.id, zone_id=zone.id, type="CNAME", name=alias.name, content=alias.content, ttl=300, comment="key two")
print("edited", edited.ttl, edited.comment)
updated = records.update(alias.id, zone_id=zone.id, type="CNAME", name=alias.name, content=alias.content, ttl=600, comment="key 2")
print("updated", updated.ttl, updated.comment)
batch = records.batch(
    zone_id=zone.id,
    posts=[{"type": "TXT", "name": "long", "content": "k" * 400, "ttl": 1}, {**beside, "name": "web", "proxied": True, "ttl": 1}],
    patches=[{"id": alias.id, "ttl": 3600}],
)
print("batch", len(batch.posts), len(batch.patches), batch.posts[1].proxied)
long = batch.posts[0]
print("long", len(long.content.replace('"', "").replace(" ", "")))
print("deleted", records.delete(long.id, zone_id=zone.id).id == long.id)
refused("gone", lambda: records.get(long.id, zone_id=zone.id))

stranger = Cloudflare(api_token="wrong", base_url=url + "/client/v4", max_retries=0)
refused("stranger", lambda: stranger.user.tokens.verify())
refused("stranger's zones", lambda: next(iter(stranger.zones.list())))
looker = Cloudflare(api_token=looking, base_url=url + "/client/v4", max_retries=0)
print("looks", len(list(looker.dns.records.list(zone_id=zone.id))))
refused("looks", lambda: looker.dns.records.create(zone_id=zone.id, ttl=1, **{**beside, "name": "b"}))
