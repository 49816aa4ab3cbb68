#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
man_check.py VCMSTAT MAN [DATA] - do code, help and man pages agree, and do the examples tell the truth?

VCMSTAT is the program, MAN the folder of the pages.  The program prints its own table of options
(completion table); a page must have the same ones, no fewer and no more, its summary as title,
and the exit codes.  With DATA, a recording, every example that begins with "$ " is run with run.vcm
made of it, and must print what the page says.  VCMSTAT_GOLDEN_WRITE writes that into the pages.
"""

import os
import re
import subprocess
import sys
import tempfile

VCMSTAT = os.path.abspath(sys.argv[1])
MAN = os.path.abspath(sys.argv[2])
DATA = os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 else None
WRITE = os.environ.get("VCMSTAT_GOLDEN_WRITE")
problems = []


def need(cond, text, *args):
    if not cond:
        problems.append(text % args)


def run(*args):
    return subprocess.run([VCMSTAT, *args], capture_output=True, text=True, check=True).stdout


def table():
    """command -> {option or letter, as it is typed: what its value is called}"""
    commands = {}
    for line in run("completion", "table").splitlines():
        command, name, letter, kind, value, _, whose = line.split("\t")
        options = commands.setdefault(command, {})
        if name == "-":
            continue
        for typed in ["--" + name] + (["-" + letter] if letter != "-" else []):
            need(typed not in options, "%s: %s means two things", command, typed)
            options[typed] = None if kind == "flag" else value
    return commands


def summaries():
    text = run("--help")
    return dict(re.findall(r"^  ([a-z]+) +(\S.*)$", text.split("\noutput:")[0], re.M)), text


def with_includes(path):
    lines = []
    for line in open(path):
        match = re.match(r"\.\. include:: (\S+)", line)
        if match:
            lines += open(os.path.join(MAN, match[1])).readlines()
        else:
            lines.append(line)
    return "".join(lines)


def page_options(text):
    """The option list of a page, as table() has it."""
    found = {}
    for line in re.findall(r"^(--?[a-zA-Z].*)$", text, re.M):
        if set(line) == {"-"}:
            continue
        for typed, value in re.findall(r"(--?[a-z-]+)(?: ([A-Z]+))?(?:, |  |$)",
                                       line.replace("-V", "-v@").replace("-v@,", "-V,"), re.I):
            found[typed] = value or None
    return found


def check_options(command, text, want):
    found = page_options(text)
    for typed in sorted(set(want) | set(found)):
        need(typed in found, "vcmstat-%s.1.rst: no word of %s", command, typed)
        need(typed in want, "vcmstat-%s.1.rst: there is no %s", command, typed)
        if typed in found and typed in want:
            need(found[typed] == want[typed], "vcmstat-%s.1.rst: the value of %s is %s, not %s",
                 command, typed, want[typed], found[typed])


def check_help(command, want):
    text = run(command, "--help")
    for typed in want:
        need(re.search(r"(^|[ ,])%s( |,|$)" % re.escape(typed), text, re.M),
             "%s --help: no word of %s", command, typed)
    need(all(len(line) < 80 for line in text.splitlines()), "%s --help: a wide line", command)
    need(text.rsplit("\n\n", 1)[-1].startswith("examples:"), "%s --help: examples not last", command)


def check_page(command, want, summary, exits):
    path = os.path.join(MAN, "vcmstat-%s.1.rst" % command)
    if not os.path.exists(path):
        need(False, "%s: no man page", command)
        return
    text = with_includes(path)
    need("\n%s\n%s\n" % (summary, "-" * len(summary)) in text,
         "vcmstat-%s.1.rst: its summary is not '%s'", command, summary)
    need("EXAMPLE" in text, "vcmstat-%s.1.rst: no example", command)
    need(exits in text, "vcmstat-%s.1.rst: other exit codes than the program has", command)
    check_options(command, text, want)


def is_output(lines, at):
    """Indented, and no command; an empty line if such a line follows."""
    if at + 1 < len(lines) and not lines[at]:
        at += 1
    return at < len(lines) and lines[at].startswith("    ") and \
        not re.match(r"    (\$|# vcmstat) ", lines[at])


def examples(lines):
    """(line number of the command, command, end of its output) of each "$ " example."""
    at = 0
    while at < len(lines):
        match = re.match(r"    \$ (.*)", lines[at])
        end = at + 1
        if match:
            while is_output(lines, end):
                end += 1
            yield at, match[1], end
        at = end


def check_examples(path, work):
    lines = open(path).read().split("\n")
    new, last, count = [], 0, 0
    for at, command, end in examples(lines):
        result = subprocess.run(["bash", "-c", command], cwd=work, capture_output=True, text=True,
                                env={**os.environ, "PATH": work + ":" + os.environ["PATH"]})
        said = ["    " + line if line else "" for line in
                (result.stdout + result.stderr).rstrip("\n").split("\n")] if result.stdout else []
        need(result.returncode == 0, "%s: %s: exit code %d: %s", os.path.basename(path), command,
             result.returncode, result.stderr)
        if not WRITE:
            need(lines[at + 1:end] == said, "%s: '%s' prints\n%s\nand not\n%s",
                 os.path.basename(path), command, "\n".join(said), "\n".join(lines[at + 1:end]))
        new += lines[last:at + 1] + said
        last = end
        count += 1
    if WRITE:
        with open(path, "w") as out:
            out.write("\n".join(new + lines[last:]))
    return count


def run_examples():
    with tempfile.TemporaryDirectory() as work:
        os.symlink(VCMSTAT, os.path.join(work, "vcmstat"))
        subprocess.run([VCMSTAT, "export", DATA, "-f", "recording", "-o",
                        os.path.join(work, "run.vcm")], check=True)
        pages = sorted(f for f in os.listdir(MAN) if f.endswith(".1.rst"))
        count = sum(check_examples(os.path.join(MAN, page), work) for page in pages)
    need(count >= 8, "%d examples are too few to be all", count)
    print("%d examples" % count)


def main():
    commands = table()
    summary, help_text = summaries()
    need(set(summary) == set(commands), "help and table have other commands")
    codes = re.search(r"exit codes:\n((?:  \d  .*\n)+)", help_text)[1]
    exits = re.sub(r"^  ", "| ", codes, flags=re.M)
    for command, want in commands.items():
        check_page(command, want, summary[command], exits)
        check_help(command, want)
    main_page = with_includes(os.path.join(MAN, "vcmstat.1.rst"))
    for command in commands:
        need("**vcmstat-%s**" % command in main_page, "vcmstat.1.rst: no word of %s", command)
    need(exits in main_page, "vcmstat.1.rst: other exit codes than the program has")
    for page in os.listdir(MAN):
        match = re.match(r"vcmstat-(.*)\.1\.rst$", page)
        need(not match or match[1] in commands, "%s: there is no such command", page)
    print("%d commands, %d options" % (len(commands), sum(map(len, commands.values()))))
    if DATA:
        run_examples()
    for problem in problems:
        print(problem)
    sys.exit(bool(problems))


main()
