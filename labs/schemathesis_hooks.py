"""What schemathesis cannot know of the Brain Connector API: which clients there are, which characters a name may
hold, and that nobody here has a minute to wait."""

import schemathesis
from schemathesis import GenerationMode

CLIENT = "fabrikam"
WAIT_MS = 300


def plain(value, key=""):
    """Texts without the characters that JSON Schema cannot keep out; each target once."""
    if isinstance(value, dict):
        return {k: plain(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v, key) for v in value][:1] if key in ("devices", "accounts", "groups", "patches", "servers") else [
            plain(v, key) for v in value
        ]
    if not isinstance(value, str):
        return value
    if key == "login":
        return "abigail.stanton@fabrikam-dental.example"
    if key in ("name", "department", "reason", "text", "change", "service", "cache", "item", "policy", "query", "address"):
        return "".join(c for c in value if c.isascii() and c.isalnum())[:200] or "x"
    return value


@schemathesis.hook
def before_call(context, case, kwargs):
    query = case.query if isinstance(case.query, dict) else {}
    wait = str(query.get("wait_ms", ""))
    if wait.isdigit() and WAIT_MS < int(wait) <= 60000:
        query["wait_ms"] = WAIT_MS
    good = case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE
    if good and case.method == "POST" and isinstance(case.body, dict):
        case.body = plain(case.body)
        if "actions" in case.body:
            case.body["client"] = CLIENT
            case.body["actions"] = case.body["actions"][:1]
            for action in case.body["actions"]:
                if "clients" in action:
                    action["clients"] = [CLIENT]
