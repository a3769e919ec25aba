#!/usr/bin/env python3
"""Holds every #include against the table of rooms in docs/architecture.md. Says where one breaks it; exit 1 then."""

import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# A room is a folder, or a header that stands below the rest of its folder.
ROW = re.compile(r"^\| `([a-z0-9_/]+(?:\.h)?)` \|([^|]*)\|([^|]*)\|$")
# fmt and expected are how base speaks (Result, fail()): they go wherever base goes.
VOCABULARY = ("fmt/", "tl/")
SYSTEM = ("sys/", "netinet/", "arpa/", "net/", "linux/", "bits/")
POSIX = {"dirent.h", "dlfcn.h", "fcntl.h", "getopt.h", "glob.h", "grp.h", "malloc.h", "netdb.h", "poll.h", "pthread.h", "sched.h", "signal.h",
         "spawn.h", "termios.h", "time.h", "unistd.h"}
COMPILER = {"immintrin.h"}


def read_table(text):
    """{room: (rooms it may include, other makers' headers it may include)}"""
    names = lambda cell: re.findall(r"`([^`]+)`", cell)
    rows = filter(None, map(ROW.match, text.splitlines()))
    return {row[1]: (set(names(row[2])), tuple(names(row[3]))) for row in rows}


def room_of(path, rooms):
    """The longest room that the path lies in; None outside of all."""
    inside = [room for room in rooms if path == room or path.startswith(room + "/")]
    return max(inside, key=len, default=None)


def fault_of(room, quote, header, table):
    """What is wrong with one include, in words; None when it is allowed."""
    may_use, others = table[room]
    if quote == '"':
        target = room_of(header, table)
        if target is None:
            return f'"{header}" is in no room: includes are spelled from the root'
        if target != room and target not in may_use:
            return f"{room} may not include {target} (\"{header}\")"
        return None
    is_ours_to_use = "/" not in header and "." not in header  # the C++ library
    if is_ours_to_use or header.startswith(SYSTEM + VOCABULARY) or header in POSIX | COMPILER:
        return None
    if any(header == allowed or (allowed.endswith("/") and header.startswith(allowed)) for allowed in others):
        return None
    return f"{room} may not include <{header}>"


def faults_in(root, table):
    for top in sorted({room.split("/")[0] for room in table}):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            name = path.relative_to(root).as_posix()
            room = room_of(name, table)
            if room is None:
                yield f"{name}: is in no room of the table"
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = INCLUDE.match(line)
                fault = found and fault_of(room, found[1], found[2], table)
                if fault:
                    yield f"{name}:{number}: {fault}"


def check_itself():
    """The checker must be able to fail."""
    table = read_table("| `base` | | `spdlog/` |\n| `tdm` | `base` `tdm/kinds.h` | |\n| `tdm/kinds.h` | | |\n"
                       "| `tdm/pri` | `base` `tdm` | `libpri.h` |\n| `tdm/cas` | `base` `tdm/kinds.h` | |\n")
    assert set(table) == {"base", "tdm", "tdm/kinds.h", "tdm/pri", "tdm/cas"}
    assert fault_of("tdm/pri", '"', "tdm/types.h", table) is None
    assert fault_of("tdm/pri", "<", "libpri.h", table) is None
    assert fault_of("base", "<", "spdlog/spdlog.h", table) is None
    assert fault_of("base", "<", "vector", table) is None
    assert fault_of("tdm/cas", '"', "tdm/kinds.h", table) is None
    assert fault_of("tdm/cas", '"', "tdm/types.h", table)
    assert fault_of("tdm/kinds.h", '"', "tdm/types.h", table)
    assert fault_of("base", '"', "tdm/types.h", table)
    assert fault_of("tdm", '"', "tdm/pri/isdn.h", table)
    assert fault_of("tdm", "<", "libpri.h", table)
    assert fault_of("base", "<", "libpri.h", table)
    assert fault_of("tdm", '"', "types.h", table)


def main():
    check_itself()
    root = pathlib.Path(sys.argv[1])
    table = read_table((root / "docs/architecture.md").read_text())
    if len(table) < 10:
        sys.exit("docs/architecture.md: the table of rooms is missing")
    faults = list(faults_in(root, table))
    print("\n".join(faults) or f"{len(table)} rooms, every include as the table has it")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
