"""Submits cases by every way and judges what arrived."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

from . import by_rest, by_smtp
from .reading import same_mailbox
from .world import Captured, OverSocket, Submission, story, told


# Seconds until what still waits is called waiting.
PATIENCE = 30


def gathered(world, cases):
    """Submits all cases by every way; gives the answers and stories of each way, and what the twin was given."""
    ways = list(world["logins"])
    with ThreadPoolExecutor(len(ways)) as pool:
        answers = dict(zip(ways, pool.map(lambda way: list(submitted(world, way, cases)), ways)))
    socket = OverSocket(world["socket"])
    until = time.monotonic() + PATIENCE
    views = {
        way: [story(socket, verdict.queue_id, until) if verdict.queue_id else None for verdict in answers[way]]
        for way in ways
    }
    return answers, views, Captured(world["inspect_url"])


def judged(cases, answers, views, captured, seals):
    """Gives (case, way, what is wrong) for every case and way, in order; nothing is wrong where the list is empty."""
    for way in answers:
        for case, verdict, view in zip(cases, answers[way], views[way]):
            yield case, way, safely(case, way, verdict, view, captured, seals.get(case.name))


def safely(case, way, *facts):
    try:
        return wrong(case, way, *facts)
    except Exception as error:  # noqa: BLE001: one odd message must not hide the others
        place = error.__traceback__
        while place.tb_next:
            place = place.tb_next
        return [f"the judge failed at {place.tb_frame.f_code.co_name}:{place.tb_lineno}: {error!r}"]


def submitted(world, way, cases):
    login, password = world["logins"][way]
    with Submission(world["host"], world["port"], timeout=60) as server:
        server.begin(world, login, password)
        for case in cases:
            yield server.submit(case)


def wrong(case, way, verdict, view, captured, seal):
    if view is None:
        return [] if case.may_be_refused and 500 <= verdict.code < 600 else [f"refused: {verdict.code} {verdict.text}"]
    words, states = told(view), {send["state"] for send in view["sends"]}
    if states & {"failed", "dropped"}:
        # What REST cannot say is told before it is sent; Azure never has to find out.
        if way == "key" and not case.rest_delivers and words and "http 400" not in words:
            return []
        return [f"bounced: {words}"]
    if not states <= {"submitted", "sent"}:
        return [f"it waits: {sorted(states)} {words}"]
    mails = captured.of(view)
    if not mails:
        return [f"the twin was given nothing: {words}"]
    found = []
    reached = sorted(same_mailbox(one["address"]) for _, _, mail in mails for one in mail["recipients"])
    if reached != sorted(map(same_mailbox, case.recipients)):
        found.append(f"it went to {reached}")
    for path, raw, _ in mails:
        if path == "rest":
            found += by_rest.differences(case, json.loads(raw), words, alone=len(mails) == 1)
            # An account with a key alone has no other way; what is lost is named or found above.
            found += ["readers differ over it, and REST was taken"] if case.only_by_smtp and way != "key" else []
        else:
            found += by_smtp.differences(case, raw, words)
            # Behind the trace field, and the Bcc that is gone, a seal holds, or it could not and the story says so.
            if seal and not seal(raw) and not any(word.lower() in words for word in case.says):
                found.append("the seal does not hold any more, and the story does not say so")
    return [f"by {mails[0][0]}: {text}" for text in dict.fromkeys(found)]
