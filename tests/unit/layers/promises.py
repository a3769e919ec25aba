#!/usr/bin/env python3
"""What is promised is there: every option of the configuration is read by the gateway, and every counter is documented.

Both are held by the sources themselves, so that neither an option without an effect nor a counter without a meaning
can be added.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]

# Options that are read by a function of conf's own, which then has to be called.
READ_BY = {"Fax.modems": "allows", "Span.driver_span": "number_in_driver", "PriTrunk.dchannels": "dchannel_spans",
           "Schedule.days": "holds", "Schedule.hours": "holds",
           "Schedule.except": "holds", "Line.trunk": "analog_trunk_of"}
# What conf's own checks hold a file to, or its loader reads further files by, and nothing else.
CHECKED = {"Trunk.is_paid", "Trunk.rate_file"}
# Values that are no options: what is read is what holds them.
PARTS = {"SipAddress", "AddressRange", "NumberStyle", "Price", "CauseRule", "TonOut", "Port", "NumberList", "WallClock", "Hours", "CalendarDay",
         "NextOn", "Spend", "RouteRow", "Settings"}
# Sections that there is one of: what is read of them has the section's name before it.
SECTIONS = {"Sip": "sip", "Media": "media", "Fax": "fax", "Records": "records", "Control": "control",
            "LogSettings": "log", "Site": r"(?:site_?|here|there)"}
# What values are copied into has members of the same names: writing to it, or reading it, is no reading of an option.
COPIES = {"config", "config_", "options", "options_", "policy", "policy_", "view", "record", "record_", "limits", "call",
          "setup", "self", "this", "status", "decision", "query"}


def sources(*rooms):
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in (".cc", ".h"):
                yield path.relative_to(ROOT), path.read_text()


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def options():
    """(struct, member) of every value in conf/*settings.h that a file can set."""
    text = "".join(without_comments(path.read_text()) for path in sorted((ROOT / "conf").glob("*settings.h")))
    for name, body in re.findall(r"^struct (\w+)[^{;]*\{\n(.*?)^\};", text, re.MULTILINE | re.DOTALL):
        if name in PARTS:
            continue
        for statement in re.findall(r"^  (?!.*\boperator)([A-Za-z_][^\n]*);\s*$", body, re.MULTILINE):
            if statement.startswith(("return", "static")) or re.search(r"\)( const)?( \{.*)?$", statement):
                continue
            # Without initial values and the arguments of templates only the type and the names are left.
            names = re.sub(r"= \{.*\}$|\{[^}]*\}|<[^<>]*(<[^<>]*>)?[^<>]*>", "", statement)
            names = re.sub(r"= [^,]*", "", names).strip()
            for member in re.split(r"\s*,\s*", re.sub(r"^\S+\s+", "", names)):
                if member not in ("line", "name"):  # where it stands, and what it is called
                    yield name, member


def is_read(struct, member, text):
    if struct in SECTIONS:
        return re.search(rf"\b{SECTIONS[struct]}(?:\.|->){member}\b", text) is not None or \
            re.search(rf"conf::{struct}& (\w+)\b[^;]*;.*?\b\1\.{member}\b", text, re.DOTALL) is not None
    for receiver in re.finditer(rf"(\w+)(?:\(\))?(?:\.|->){member}\b(?!\s*=[^=])", text):
        if receiver[1] not in COPIES:
            return True
    return re.search(rf"&conf::{struct}::{member}\b", text) is not None


def unread_options(gateway):
    text = "\n".join(without_comments(text) for _, text in gateway if "conf::" in text)
    for struct, member in options():
        reader = READ_BY.get(f"{struct}.{member}")
        if f"{struct}.{member}" in CHECKED:
            continue
        if reader:
            if not re.search(rf"(?:\.|->){reader}\(", text):
                yield f"conf: {struct}::{member}: {reader}() reads it, and nobody outside conf/ calls that"
        elif not is_read(struct, member, text):
            yield f"conf: {struct}::{member}: nobody outside conf/ reads it: the option has no effect"


def words(path, pattern):
    found = re.findall(pattern, (ROOT / path).read_text())
    assert found, f"{path} has no {pattern} any more: this test has to learn where the names come from"
    return found


def made_names():
    """Names that are put together: the text between get( and ), as it stands there -> what may come of it."""
    machines = [name for _, text in sources("gateway", "tdm", "media")
                for name in re.findall(r"FsmTable<[^;{}]*>\s+\w+\{\s*\"(\w+)\"", text)]
    limits = re.findall(r'"(\w+)"', re.search(r"kKeys\{(.*?)\}", (ROOT / "gateway/route/limits.cc").read_text(), re.S)[1])
    verdicts = re.search(r"name_of\(FaxOutcome::Verdict.*?\n\}", (ROOT / "gateway/fax/log/fax_outcome.cc").read_text(), re.S)[0]
    cas = [name for _, text in sources("tdm/cas") for name in re.findall(r"\bcount\(\"(\w+)\"\)", text)]
    cesop = re.search(r"\.counters = \{(.*?)\}\}", (ROOT / "tdm/cesop/span.cc").read_text(), re.S)[1]
    return {'fmt::format("fsm.{}.refused", table.machine)': [f"fsm.{name}.refused" for name in machines],
            'fmt::format("refused.{}", key)': [f"refused.{name}" for name in limits],
            'fmt::format("fax.{}", counter_word(fax.verdict))':
                [f"fax.{name.replace(' ', '_')}" for name in re.findall(r'return "([a-z ]+)"', verdicts)],
            'fmt::format("cas.{}", what)': [f"cas.{name}" for name in cas],
            '"cesop." + name': [f"cesop.{name}" for name in re.findall(r'\{"(\w+)"', cesop)]}


def counted(code):
    """{name of a counter: where}"""
    made, names = made_names(), {}
    for path, text in code:
        for call in re.finditer(r"\bcounters(?:_)?\.get\(((?:[^()]|\([^()]*(?:\([^()]*\)[^()]*)*\))*)\)", without_comments(text)):
            what = " ".join(call[1].split())
            literal = re.fullmatch(r'(?:[^"]*\? )?"([\w.]+)"(?: : "([\w.]+)")?', what)
            if what in made:
                found = made[what]
            elif literal:
                found = [name for name in literal.groups() if name]
            elif what == "name":
                continue  # whoever asks for one by its name
            else:
                raise SystemExit(f"{path}: a counter's name is made as {what}: tell made_names() of {__file__} how")
            for name in found:
                names.setdefault(name, path)
    return names


def undocumented(code):
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| (?:\*\*!\*\*)? ?\| ([^|]+) \|$", (ROOT / "docs/counters.md").read_text(),
                      re.MULTILINE)
    documented = [name for name, _, _ in rows]
    for name in sorted({name for name in documented if documented.count(name) > 1}):
        yield f"docs/counters.md: {name} stands there twice"
    names = counted(code)
    for name, path in sorted(names.items()):
        if name not in documented:
            yield f"{path}: docs/counters.md does not tell what {name} counts"
    for name in sorted(set(documented) - set(names)):
        yield f"docs/counters.md: nobody counts {name}"


def main():
    gateway = list(sources("gateway"))
    rooms = list(sources("base", "tdm", "t38", "media", "gateway"))
    found = list(unread_options(gateway)) + list(undocumented(rooms))
    all_options = list(options())
    assert len(all_options) > 150, "too few options were found: the test reads conf/*settings.h wrongly"
    for fault in found:
        print(fault)
    print(f"{len(all_options)} options, {len(counted(rooms))} counters")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
