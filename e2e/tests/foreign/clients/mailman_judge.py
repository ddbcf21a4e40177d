"""mailman_judge.py FOLDER MAIL MEMBER: the bounces that Mailman 3 counts when the mail comes to a VERP address.

Mailman keeps its files in FOLDER. It looks for the member in the address, and counts a bounce only if flufl.bounce finds
a failed recipient in the mail. Prints one line of JSON for each bounce.
"""

import json
import os
import sys
from email import message_from_binary_file

folder, path, member = sys.argv[1:]
configuration = os.path.join(folder, "mailman.cfg")
with open(configuration, "w") as file:
    file.write(
        f"[mailman]\nsite_owner: owner@contoso.example\nlayout: here\n"
        f"[paths.here]\nvar_dir: {folder}/var\n"
        f"[mta]\nincoming: mailman.mta.null.NullMTA\n"
        f"[database]\nurl: sqlite:///{folder}/mailman.db\n"
    )

from mailman.core.initialize import initialize

initialize(configuration)

from mailman.app.lifecycle import create_list
from mailman.database.transaction import transaction
from mailman.email.message import Message
from mailman.interfaces.bounce import IBounceProcessor
from mailman.interfaces.domain import IDomainManager
from mailman.interfaces.subscriptions import ISubscriptionManager
from mailman.interfaces.member import MemberRole
from mailman.interfaces.usermanager import IUserManager
from mailman.runners.bounce import BounceRunner
from zope.component import getUtility

with transaction():
    getUtility(IDomainManager).add("contoso.example")
    mailing_list = create_list("news@contoso.example")
    mailing_list.process_bounces = True
    user = getUtility(IUserManager).make_user(member)
    address = list(user.addresses)[0]
    mailing_list.subscribe(address, MemberRole.member)

with open(path, "rb") as file:
    notice = message_from_binary_file(file, Message)
del notice["To"]
notice["To"] = "news-bounces+{}={}@contoso.example".format(*member.split("@"))
with transaction():
    BounceRunner("bounces")._dispose(mailing_list, notice, {})
for bounce in getUtility(IBounceProcessor).events:
    print(json.dumps({"list": bounce.list_id, "email": bounce.email, "context": bounce.context.name}))
