"""From a record on a node to a stranger's eyes: musterd makes proofs, muster writes them, muster-verify judges them."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../api"))
from musterd import Musterd, incident, run_tests

MUSTER, VERIFY = os.environ["MUSTER"], os.environ["MUSTER_VERIFY"]
GOLDEN = os.path.join(HERE, "golden.proof")
GOLDEN_AGENCY = "eeaf81a31ea230a243b224d518fe2a08a0bea330174b789f5b9d2d8a707ff112"


def run(*command, **more):
    ran = subprocess.run(command, capture_output=True, **more)
    return ran.returncode, ran.stdout.decode(), ran.stderr.decode()


def muster(node, *words):
    return run(MUSTER, "--socket", node.socket, *words, env={"PATH": os.environ["PATH"], "HOME": node.dir, "LC_ALL": "C.UTF-8"})


def alone(*words):
    """The verb without a node, and the program: they say the same.  Lines that were folded are joined."""
    verb = run(MUSTER, "--socket", "/nowhere", "verify", *words)
    program = run(VERIFY, *words)
    assert verb[:2] == program[:2], (verb, program)
    return program[0], " ".join(program[1].split()), " ".join(program[2].split())


def test_whom_to_trust_is_the_readers_to_say():
    for says, words, code, part in (
            ("nobody is named", (), 9, "you have not told whom to trust"),
            ("the right agency", ("--agency", GOLDEN_AGENCY), 0, ""),
            ("another agency", ("--agency", "11" * 32), 9, "another agency than the one that you trust"),
            ("no id at all", ("--agency", "yibin"), 2, ""),
            ("the file itself", ("--trust-self",), 0, "")):
        code_is, out, err = alone(GOLDEN, *words)
        assert code_is == code and part in err, (says, code_is, err)
        assert bool(out) == (code == 0), says
    _, out, _ = alone(GOLDEN, "--trust-self")
    assert "EXERCISE" in out and "NOBODY BUT THE FILE" in out and "Yibin (CN), node desk-1" in out, out


def test_a_file_that_is_something_else_is_refused_with_a_sentence():
    with tempfile.TemporaryDirectory() as folder:
        with open(GOLDEN) as golden:
            text = golden.read()
        for says, data, code in (("text", b"hello", 9), ("nothing", b"", 9), ("a cut armour", text[:200].encode(), 9),
                                 ("a changed armour", text.replace("A", "B", 1).encode(), 9),
                                 ("the magic alone", b"MUSTER1P", 9)):
            path = os.path.join(folder, "file")
            with open(path, "wb") as out:
                out.write(data)
            code_is, out, err = alone(path, "--trust-self")
            assert code_is == code and out == "" and re.search(r"why: +\w", err), (says, code_is, err)
        assert alone(os.path.join(folder, "missing"), "--trust-self")[0] == 3
    assert run(VERIFY)[0] == 2 and run(VERIFY, "--help")[0] == 0


def test_a_record_goes_from_a_node_to_a_stranger():
    with Musterd() as node:
        node.init("Cruz Roja", country="ES", node="ca-1")
        node.space("flood")
        agency = node.get("/v1/status")["agency"]["id"]
        made = node.write(incident("Jinsha dike", fields={"description": "water over the crest " * 40}))["items"][0]
        object_id = made["object"] if isinstance(made["object"], str) else made["object"]["id"]
        folder = node.dir
        card, sealed, opened, every = (os.path.join(folder, name) for name in ("card", "a.proof", "b.proof", "c.proof"))
        assert muster(node, "card", "-O", card)[0] == 0
        code, out, err = muster(node, "prove", object_id, "-O", sealed)
        assert code == 0 and "not disclosed" in err, (code, out, err)
        assert os.path.getsize(sealed) <= 2048, os.path.getsize(sealed)
        assert "proof.disclosed" not in [row["event"] for row in node.get("/v1/audit")["items"]]
        code, out, err = alone(sealed, "--card", card)
        assert code == 0 and "Cruz Roja (ES), node ca-1" in out and "content is not in the file" in out, (code, out, err)
        assert "Jinsha" not in out and "EXERCISE" not in out
        code, out, err = muster(node, "prove", object_id, "--disclose", "--armour", "-O", opened)
        assert code == 0 and "DISCLOSED" in err
        code, out, err = alone(opened, "--agency", agency)
        assert code == 0 and "name = Jinsha dike" in out and "water over the crest" in out, (code, out, err)
        assert "proof.disclosed" in [row["event"] for row in node.get("/v1/audit")["items"]], "disclosing is audited"
        for i in range(3):
            node.write(incident("Jinsha dike %d" % i, op="update", object=object_id))
        code, out, err = muster(node, "prove", object_id, "--all", "-O", every)
        assert code == 0 and "4 proofs" in err, err
        assert len(re.findall("(?<!NOT )PROVED", alone(every, "--agency", agency)[1])) == 4
        record = node.get("/v1/objects/%s/history" % object_id)["items"][0]["record"]
        code, text, err = muster(node, "prove", object_id, "--record", record)
        assert code == 0 and text.startswith("-----BEGIN MUSTER PROOF-----")
        assert record in run(VERIFY, "/dev/stdin", "--agency", agency, input=text.encode())[1]
        for says, words, code in (("no such record", ("--record", "00" * 32), 3), ("no id", ("--record", "x"), 2),
                                  ("both", ("--record", record, "--all"), 2)):
            assert muster(node, "prove", object_id, *words)[0] == code, says
        assert muster(node, "prove", "inc-zzzzz")[0] == 3
        with open(sealed, "ab") as out:
            out.write(b"x")
        assert alone(sealed, "--agency", agency)[0] == 9, "a proof with more behind it"


def test_the_program_is_one_static_file():
    ldd = shutil.which("ldd")
    if not ldd or os.environ.get("VERIFY_STATIC") != "ON":
        print("  skipped: %s" % ("no ldd" if not ldd else "this build has no static libraries, or a sanitizer"))
        return
    shown = subprocess.run([ldd, VERIFY], capture_output=True, text=True)
    assert "not a dynamic executable" in shown.stdout + shown.stderr, shown
    print("  %d kB" % (os.path.getsize(VERIFY) // 1024))


if __name__ == "__main__":
    run_tests(globals())
