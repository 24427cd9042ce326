"""Two clients that poll, as FLOPY-NET's do: the FL server for the policy version, the collector for events.

usage: polling_clients.py BASE_URL -- prints one JSON object for each thing they hear of, until standard
input ends. An engine that does not answer is asked again.
"""

import json
import sys
import threading
import time
import urllib.request

INTERVAL_S = 0.02


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return json.load(response)
    except (OSError, ValueError):
        return None


def tell(**heard):
    print(json.dumps(heard), flush=True)


def poll_version(url):
    version = 0
    while True:
        body = get(f"{url}/api/v1/policy_version")
        if body is not None and body["policy_version"] != version:
            version = body["policy_version"]
            tell(policy_version=version)
        time.sleep(INTERVAL_S)


def poll_events(url):
    cursor = None
    while True:
        query = "" if cursor is None else f"?since_event_id={cursor}"
        body = get(f"{url}/events{query}")
        if body is not None:
            for event in body["events"]:
                tell(event_id=event["event_id"], sequence=event["sequence"], type=event["type"])
            cursor = body["last_event_id"] or cursor
        time.sleep(INTERVAL_S)


def main(url):
    for poll in (poll_version, poll_events):
        threading.Thread(target=poll, args=(url,), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
