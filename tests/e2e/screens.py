#!/usr/bin/env python3
"""Every screen in English and in Chinese: 80 columns in both, no English sentence in the Chinese one, and what programs read is
the same.  docs/SCREENS.md shows three of them from a real federation; this test compares it, and prints it with --rewrite.

usage: screens.py BIN_DIR [--rewrite]
"""
import json
import os
import re
import subprocess
import sys
import unicodedata

from cli import answer, muster, up
from urllib.parse import quote

from nodes import Node, equal_digests, join, wait_for

PAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "docs", "SCREENS.md")
SPACE = "岷江洪水"
COLUMNS = 80


def width(line):
    """Columns of a terminal: East Asian wide and full-width characters take two, combining ones none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def run(node, lang, *words):
    """(exit code, stdout, stderr) in that language, wherever the machine has locales."""
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, "--lang", lang, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, env={"HOME": node.root, "LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    return done.returncode, done.stdout, done.stderr


# --- English in a Chinese screen -------------------------------------------------------------------------------------------

# Words that belong to commands, tokens and examples, which no language changes.
KEPT = re.compile(r"\bmuster(d|-verify)?\b.*|\b(sudo|systemctl|journalctl|chmod|timedatectl|ss|apt|touch|shred|iconv|export|unset)\b.*|"
                  r"[\w.+/-]*[=_:/@][\w.+/:=@-]*|--?[a-z][\w-]*|[A-Z][\w-]*|[a-z]+-[\w-]+")
SENTENCE = re.compile(r"[a-z']{2,}(?: [a-z']+){3,}")


def english_in(text):
    return [found for line in text.splitlines() for found in SENTENCE.findall(KEPT.sub("~", line))]


def canaries():
    assert width("节点 a") == 6 and width("é") == 1
    assert english_in("  处理:   ask the sender for a new one") and not english_in("muster list shows what there is")
    assert not english_in("选项 --json 与 status=open 不变")


# --- the federation --------------------------------------------------------------------------------------------------------

def meet(bin_dir):
    one, two = Node(bin_dir, "yibin"), Node(bin_dir, "zhaotong")
    for node, agency in ((one, "宜宾市应急管理局"), (two, "昭通市应急管理局")):
        node.start()
        node.init(agency)
    one.post("/v1/spaces", {"name": SPACE, "purpose": "金沙江与岷江防汛"})
    return one, two


def raised(node, count):
    wait_for("%d alarms" % count, lambda: len(answer(node, "alarms")["items"]) >= count)


def live(one, two):
    """Some of everything that a screen can show."""
    join(one, two, SPACE)
    wait_for("both hold the space", lambda: two.get("/v1/spaces")["items"] and equal_digests([one, two], quote(SPACE)))

    def new(node, kind, *words):
        return answer(node, "new", kind, *words)["items"][0]["short"]
    dike = new(one, "incident", "name=李庄堤防溃口", "phase=active", "category=Geo", "severity=Severe", "location=28.80,104.79")
    new(one, "incident", "name=南溪内涝", "phase=warned", "category=Met", "severity=Moderate")
    tents = new(one, "resource", "name=家庭帐篷", "quantity=12", "minimum=40", "unit={tent}")
    raised(one, 1)  # one after the other, so that they stand in this order
    muster(one, "mint", tents)
    asked = new(two, "request", "name=帐篷", "quantity=20", "unit={tent}", "status=submitted", "incident=" + dike,
                "needed_by=2026-01-01T00:00:00Z")
    raised(one, 2)
    task = new(two, "task", "name=巡查堤防", "status=assigned", "assignee=宜宾市应急管理局", "acknowledge_by=2026-01-01T00:00:00Z")
    wait_for("both hold all", lambda: equal_digests([one, two], quote(SPACE), 5))
    offer = answer(one, "offer", asked, "5", "--from", tents)
    muster(two, "propose", dike, "severity=Extreme")
    wait_for("the proposal is here", lambda: "提议" in muster(one, "show", dike, "--lang", "zh")[0])
    raised(one, 3)
    return {"dike": dike, "tents": tents, "asked": asked, "task": task, "offer": offer}


def screens_of(ids):
    dike, tents, asked = ids["dike"], ids["tents"], ids["asked"]
    verbs = ("status", "list", "list incidents", "list resources", "list requests", "list deployments", "todo", "alarms", "gaps", "quantities",
             "peer list", "pending", "space list", "space show", "space log", "space policy", "key list", "audit", "check", "doctor",
             "agreement list", "retention", "version", "config show", "search 帐篷", "digest", "card",
             "show " + dike, "show " + asked, "history " + dike, "holders " + dike, "sitrep " + dike, "log " + dike, "evaluate " + dike,
             "quantities " + tents, "show " + tents, "peer show 昭通市应急管理局", "peer test 昭通市应急管理局", "explain 昭通市应急管理局 " + dike)
    refusals = ("frob", "list frob", "list incidents phase=frob", "show inc-zzzzz", "new incident phase=active", "new incident name=x phase=frob",
                "update %s phase=frob" % dike, "update %s colour=red" % dike, "peer test nobody", "space right nobody read", "join /nonexistent",
                "import /nonexistent", "commit %s 99" % tents, "offer %s 99 --from %s" % (asked, tents), "accept %s ffffffff" % dike, "--limit 0 list", "list --limit 0",
                "resolve %s" % dike, "take %s" % dike, "agreement show agr-zzzzz", "task ack %s" % dike, "verify /nonexistent --trust-self",
                "space policy colour=5", "alarms ack ffffffff", "list --near 1,2", "list --in CIRCLE", "confirm 昭通市应急管理局 12345",
                "new incident name=x phase=active category=Met location=99,200", "new resource name=x unit=frob",
                "retract %s" % dike, "erase %s" % dike, "audit --export x --who y", "attach get %s" % dike, "restore /nonexistent x")
    return verbs, refusals


# --- comparing ---------------------------------------------------------------------------------------------------------------

def helps(node):
    listed = run(node, "en", "help")[1]
    verbs = [line[2:18].strip() for line in listed.splitlines() if re.match(r"  [a-z]", line) and line[16:18].strip() == "" or re.match(r"  [a-z][a-z ]+ {2,}", line)]
    kinds = re.findall(r"^  (\w+) ", run(node, "en", "help", "kinds")[1], re.M)
    codes = re.findall(r"^  (E[A-Z_]+) ", run(node, "en", "help", "errors")[1], re.M)
    assert len(verbs) > 80 and len(kinds) > 15 and len(codes) > 80, (len(verbs), len(kinds), len(codes))
    return [["help"], ["help", "kinds"], ["help", "errors"]] + [["help", *verb.split()] for verb in verbs] + \
        [["help", word] for word in kinds + codes]


# Examples and syntax stand in help as they are typed, whatever the language.
UNFOLDED = re.compile(r"^\s*(\$ )?(muster|sudo|git|curl|cat|ls|jq)\b|^(用法:|usage:) muster")


class Faults(list):
    def look(self, words, lang, text):
        for line in text.splitlines():
            if width(line) > COLUMNS and not UNFOLDED.match(line) and not re.search(r"(do|why|处理|原因):? {1,3}\S*muster |^ {8}muster ", line):
                self.append("%d columns in %s, muster %s: %s" % (width(line), lang, " ".join(words), line))


def look_at_screens(node, ids):
    faults = Faults()
    verbs, refusals = screens_of(ids)
    for words in helps(node) + [line.split() for line in verbs + refusals]:
        exits = set()
        for lang in ("en", "zh"):
            code, out, err = run(node, lang, *words)
            exits.add(code)
            faults.look(words, lang, out + err)
            if lang == "zh" and words[0] != "help":
                faults.extend("English in Chinese, muster %s: %s" % (" ".join(words), found) for found in english_in(out + err))
        if len(exits) != 1:
            faults.append("muster %s ends with %s" % (" ".join(words), exits))
    return faults


def files_that_travel(one, two, ids):
    """What is said of a bundle that does not hold, of a proof, and beside the words that a shell completes: in both languages."""
    faults = Faults()
    bundle, card, proof = (os.path.join(one.root, name) for name in ("b.muster-bundle", "a.muster-card", "a.proof"))
    muster(one, "bundle", "export", "--for", "昭通市应急管理局", "-O", bundle)
    muster(one, "card", "-O", card)
    muster(one, "prove", ids["dike"], "-O", proof)
    with open(bundle, "rb") as file:
        whole = file.read()
    wrong = {"cut": (whole[:-100], "缺少 100"), "head": (whole[:20], "不完整"), "long": (whole + b"x" * 7, "7 字节"),
             "version": (whole[:8] + bytes([whole[8] ^ 0x40]) + whole[9:], ""), "text": (b"no bundle at all, but longer than the head of one" * 9, "")}
    for name, (data, says) in wrong.items():
        path = os.path.join(one.root, name + ".muster-bundle")
        with open(path, "wb") as file:
            file.write(data)
        for lang in ("en", "zh"):
            code, out, err = run(two, lang, "bundle", "show", path)
            assert code not in (0, 2) and not out and (lang == "en" or says in err), (name, code, out, err)
            faults.look(["bundle show", name], lang, err)
            faults.extend("English in Chinese: %s" % found for found in english_in(err) if lang == "zh")
    for words in ([proof, "--card", card], [proof], [proof, "--agency", "11" * 32], ["/nonexistent", "--trust-self"], ["--help"], ["frob", "--frob"], [bundle, "--trust-self"]):
        said = []
        for lang in ("en", "zh"):
            done = subprocess.run([os.path.join(one.bin, "muster-verify"), *words, "--lang", lang], capture_output=True, text=True, stdin=subprocess.DEVNULL, env={})
            said.append((done.returncode, bool(done.stdout)))
            faults.look(["verify"] + words, lang, done.stdout + done.stderr)
            faults.extend("English in Chinese: %s" % found for found in english_in(done.stdout + done.stderr) if lang == "zh")
        assert said[0] == said[1], (words, said)
    as_json = [subprocess.run([os.path.join(one.bin, "muster-verify"), proof, "--card", card, "--json", "--lang", lang], capture_output=True).stdout for lang in ("en", "zh")]
    assert as_json[0] == as_json[1] and json.loads(as_json[0])["ok"]
    for shell in ("zsh", "fish"):
        en, zh = run(one, "en", "completion", shell)[1], run(one, "zh", "completion", shell)[1]
        assert len(en.splitlines()) == len(zh.splitlines())
        assert re.findall(r"^complete .*?-[la] '[^']*'", en, re.M) == re.findall(r"^complete .*?-[la] '[^']*'", zh, re.M), "other words to complete"
        assert len(re.findall("[\u4e00-\u9fff]", zh)) > 2000, "no Chinese beside the words"
        assert not re.findall("[\u4e00-\u9fff]", en)
    return faults


def steady(text):
    """Without what is another one at every call."""
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\"(uptime_s|skew_ms|rtt_ms|disk_free|free_bytes|bytes_\w+|rss\w*|commit\w*|since|at)\": ?[^,}]+", "~", text)


def same_for_programs(node, ids):
    """--json, csv, ids and errors as JSON do not know a language."""
    verbs, refusals = screens_of(ids)
    for line in ("status", "list incidents", "show " + ids["dike"], "todo", "alarms", "peer list", "space log", "quantities", "gaps",
                 "history " + ids["dike"], "explain 昭通市应急管理局 " + ids["dike"]):
        for form in ("json", "ndjson", "csv", "tsv", "id"):
            en, zh = run(node, "en", "-o", form, *line.split()), run(node, "zh", "-o", form, *line.split())
            assert steady(en[1]) == steady(zh[1]), "muster -o %s %s differs:\n%s\n%s" % (form, line, en[1], zh[1])
    for line in refusals:
        en, zh = run(node, "en", "--json", *line.split()), run(node, "zh", "--json", *line.split())
        assert en == zh, "muster --json %s differs:\n%s\n%s" % (line, en, zh)
        for line_of in zh[2].splitlines():
            json.loads(line_of)


def choices(node):
    """Who decides the language, and that none of it needs a locale of the machine."""
    def language(*words, **env):
        done = subprocess.run([os.path.join(node.bin, "muster"), *words, "frob"], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env=dict({"HOME": node.root, "PATH": ""}, **env))
        assert done.returncode == 2, done
        return "zh" if "没有命令" in done.stderr else "en"
    assert language() == "en" and language(LANG="zh_CN.UTF-8") == "zh" and language(LANG="de_DE.UTF-8") == "en"
    assert language(LANG="en_US.UTF-8", LC_ALL="zh_CN") == "zh" and language(LC_ALL="zh_CN.UTF-8", MUSTER_LANG="en") == "en"
    assert language("--lang", "zh", LC_ALL="C") == "zh" and language("--lang=en", MUSTER_LANG="zh") == "en"
    for lang, want in (("zh_CN.UTF-8", "musterd 不认识"), ("C", "musterd does not know")):
        done = subprocess.run([os.path.join(node.bin, "musterd"), "--frob"], capture_output=True, text=True, env={"LC_ALL": lang})
        assert want in done.stderr and done.returncode == 2, done
    journal = open(node.journal, encoding="utf-8").read()
    assert not re.search(r"text=\"?[^\"]*[\u4e00-\u9fff]{6,}", journal.replace(SPACE, "")) or "agency" in journal, journal


# --- the page ------------------------------------------------------------------------------------------------------------------

SHOWN = (("status", "Is it working, what is missing, what should I do"), ("list incident", "What is there"), ("doctor", "What is wrong with this node"))
# Findings that depend on the machine on which the page is printed.
OF_THE_MACHINE = ("clock", "settings", "backup", "disk", "space", "limits", "memory", "metrics", "reach", "node", "files", "data")


def without_machine(text):
    """The findings of doctor that are of the node and its partners; each begins in column 2 and goes on behind more spaces."""
    kept, keep = [], True
    for line in text.splitlines():
        begins = re.match(r"  \S+ +([a-z]+) ", line)
        if begins:
            keep = begins.group(1) not in OF_THE_MACHINE
        elif not line.startswith("   "):
            keep = True
        if keep:
            kept.append(line)
    wrong = sum(bool(re.match("  (WRONG|异常) ", line)) for line in kept)
    return re.sub(r"^(异常 )?\d+( wrong:| 项)", r"\g<1>%d\2" % wrong, "\n".join(kept), flags=re.M)


def calm(node, text):
    """What is another one every time gets one shape of the same width."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\dZ", "2026-07-14 08:00Z", text)
    text = re.sub(r"(?<!\d)\d\d-\d\d \d\d:\d\dZ", "07-14 08:00Z", text)
    text = re.sub(r"\b(inc|req|res|dep|tas)-[a-z0-9]{5}\b", r"\1-7k2q9", text)
    text = re.sub(r"\b\d+ (MiB|MB)\b", r"4096 \1", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:7117", text).replace(node.data, "/var/lib/muster").replace(node.root, "/var/lib")
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def page(node):
    out = ["# Screens\n",
           "Three screens at 80 columns in both languages, printed by `tests/e2e/screens.py` from two real nodes, which compares this\n"
           "page with what they show. Ids, times and free space, other ones each time, stand for all of them; findings of `doctor`\n"
           "about the machine itself (clock, disk, ports) are left out. `--lang zh`, `MUSTER_LANG`, `LC_ALL` or `LANG` choose the\n"
           "language; no locale has to be installed. JSON, CSV, ids and error codes are the same in both.\n"]
    for words, about in SHOWN:
        out.append("## %s\n" % about)
        for lang in ("en", "zh"):
            text = run(node, lang, *words.split())[1]
            text = without_machine(text) if words == "doctor" else text
            out.append("```console\n$ muster %s%s\n%s\n```\n" % (words, " --lang zh" if lang == "zh" else "", calm(node, text)))
    return "\n".join(out)


def main():
    canaries()
    one, two = meet(sys.argv[1])
    try:
        ids = live(one, two)
        wait_for("they are connected", lambda: up(one, "昭通市应急管理局") and up(two, "宜宾市应急管理局"))
        choices(one)
        faults = look_at_screens(one, ids) + files_that_travel(one, two, ids)
        for fault in faults:
            print(fault)
        assert not faults, "%d faults" % len(faults)
        same_for_programs(one, ids)
        printed = page(one)
        if "--rewrite" in sys.argv:
            with open(PAGE, "w", encoding="utf-8") as file:
                file.write(printed)
        with open(PAGE, encoding="utf-8") as file:
            held = file.read()
        if held != printed:
            for a, b in zip(held.splitlines(), printed.splitlines()):
                if a != b:
                    print("page:    %s\nprinted: %s" % (a, b))
            sys.exit("docs/SCREENS.md is not what the screens are; if that is right: screens.py BIN_DIR --rewrite")
    finally:
        one.close()
        two.close()


if __name__ == "__main__":
    main()
