"""The three clients of FLOPY-NET's documentation, as it shows them, with the standard library alone.

usage: sample_clients.py BASE_URL -- prints what each of them found, as one JSON object.
"""

import json
import sys
import urllib.error
import urllib.request


def get(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.status, json.load(response)


class FLServer:
    """Asks before it accepts a client; whatever goes wrong, the client stays out."""

    def __init__(self, policy_engine_url):
        self.policy_engine_url = policy_engine_url

    def handle_client_connection(self):
        try:
            status, body = get(f"{self.policy_engine_url}/policies")
            if status == 200:
                for policy in body.get("policies", {}).values():
                    if policy.get("type") == "network_security" and self._allows(policy):
                        return True
            return False
        except (OSError, ValueError):
            return False

    @staticmethod
    def _allows(policy):
        for rule in policy.get("rules", []):
            match = rule.get("match", {})
            if (
                rule.get("action") == "allow"
                and match.get("src_type") == "fl-client"
                and match.get("dst_type") == "fl-server"
                and match.get("dst_port") == 8080
            ):
                return True
        return False


class DashboardConnector:
    """Shows policies and events; an error is an empty list."""

    def __init__(self, policy_engine_url):
        self.policy_engine_url = policy_engine_url

    def get_policies(self):
        try:
            status, body = get(f"{self.policy_engine_url}/policies")
            return list(body.get("policies", {}).values()) if status == 200 else []
        except (OSError, ValueError):
            return []

    def get_policy_events(self):
        try:
            status, body = get(f"{self.policy_engine_url}/events")
            return body.get("events", []) if status == 200 else []
        except (OSError, ValueError):
            return []


class SDNController:
    """Forwards what some rule allows, and nothing else."""

    def __init__(self, policy_engine_url):
        self.policy_engine_url = policy_engine_url

    def should_allow_traffic(self, dst_port):
        try:
            status, body = get(f"{self.policy_engine_url}/policies")
            if status == 200:
                for policy in body.get("policies", {}).values():
                    if policy.get("type") != "network_security":
                        continue
                    for rule in policy.get("rules", []):
                        allows = rule.get("action") == "allow"
                        if allows and rule.get("match", {}).get("dst_port") == dst_port:
                            return True
            return False
        except (OSError, ValueError):
            return False


def main(url):
    dashboard = DashboardConnector(url)
    controller = SDNController(url)
    print(
        json.dumps(
            {
                "client_accepted": FLServer(url).handle_client_connection(),
                "policies": [policy["id"] for policy in dashboard.get_policies()],
                "event_types": [event["event_type"] for event in dashboard.get_policy_events()],
                "traffic": {port: controller.should_allow_traffic(port) for port in (8080, 22)},
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
