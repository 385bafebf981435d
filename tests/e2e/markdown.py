"""Commands as documents show them: fenced and indented blocks, what they are said to print, and commands inside sentences.

A block of commands is a fence of `console` (a prompt `NODE$ `, `$ ` or `# `, then what is printed), a fence of `sh`, or lines
indented by four; there each line is a command.  A fence of `text` is a picture, one of `conf` a settings file.  A fence without a
word, or with another one, is refused: a reader could not tell, and a test neither.

What a test must know of a block stands before it in a comment, which a reader does not see; each line is a directive:

    <!-- test: at 06:10
    keep ^complete -->
"""
import re

PROMPT = re.compile(r"^([a-z][a-z0-9-]*)?([$#]) (.*)$")
FENCES = ("console", "sh", "text", "conf", "mermaid")


class Wrong(Exception):
    """The document cannot be read as it is; the sentence has its line."""


class Command:
    def __init__(self, line, node, root, text):
        self.line, self.node, self.root, self.text = line, node, root, text
        self.shown = None  # None: the document shows no output; else its lines
        self.first, self.end = None, None  # lines of the document, where that output stands


class Block:
    """A fence or an indented block, with the directives of the comment before it."""

    def __init__(self, line, what, directives):
        self.line, self.what, self.directives = line, what, directives
        self.lines, self.commands = [], []


class Words:
    """A command inside a sentence."""

    def __init__(self, line, text):
        self.line, self.text = line, text


def read(path):
    """(blocks, words, lines): blocks in their order; comments that stand before none are blocks of their own, `comment`."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    blocks, words, waiting, n = [], [], [], 0

    def comments():
        if waiting:
            blocks.append(Block(waiting[0][0], "comment", [d for _, ds in waiting for d in ds]))
        waiting.clear()

    while n < len(lines):
        line = lines[n]
        if line.startswith("<!-- test:"):
            end = next((i for i in range(n, len(lines)) if "-->" in lines[i]), None)
            if end is None:
                raise Wrong("%s:%d: the comment does not end" % (path, n + 1))
            inside = "\n".join(lines[n:end + 1])[len("<!-- test:"):].rsplit("-->", 1)[0]
            waiting.append((n + 1, [d.strip() for d in inside.split("\n") if d.strip()]))
            n = end + 1
        elif line.startswith("```"):
            what = line[3:].strip()
            if what not in FENCES:
                raise Wrong("%s:%d: a fence must say what it holds: %s" % (path, n + 1, ", ".join(FENCES)))
            block = Block(n + 1, what, [d for _, ds in waiting for d in ds])
            waiting.clear()
            end = next((i for i in range(n + 1, len(lines)) if lines[i].startswith("```")), None)
            if end is None:
                raise Wrong("%s:%d: the fence does not end" % (path, n + 1))
            block.lines = lines[n + 1:end]
            commands(path, block, n + 1)
            blocks.append(block)
            n = end + 1
        elif line.startswith("    ") and (n == 0 or not lines[n - 1].strip()) and line.strip():
            block = Block(n + 1, "indented", [d for _, ds in waiting for d in ds])
            waiting.clear()
            end = n
            while end < len(lines) and lines[end].startswith("    "):
                end += 1
            block.lines = [l[4:] for l in lines[n:end]]
            commands(path, block, n)
            blocks.append(block)
            n = end
        else:
            if line.strip():
                comments()
            words += [Words(n + 1, text) for text in re.findall(r"`([^`]+)`", line)]
            n += 1
    comments()
    return blocks, words, lines


def commands(path, block, before):
    """The block's commands; before: lines of the document that stand before its first."""
    if block.what in ("text", "conf", "mermaid"):
        hidden = next((l for l in block.lines if re.match(r"\s*(?:\S*[$#] )?(?:muster|musterd|systemctl|apt) ", l)), None)
        if block.what == "text" and hidden:
            raise Wrong("%s:%d: a command in a picture is run by nobody: %s" % (path, block.line, hidden.strip()))
        return
    n = 0
    while n < len(block.lines):
        line, start = block.lines[n], n
        prompt = PROMPT.match(line) if block.what == "console" else None
        if block.what == "console" and not prompt:
            raise Wrong("%s:%d: a console block begins with a prompt, \"NODE$ \"" % (path, before + n + 1))
        text = prompt.group(3) if prompt else line
        while text.endswith("\\") and n + 1 < len(block.lines):
            n += 1
            text = text[:-1] + " " + block.lines[n].strip()
        n += 1
        if block.what != "console":
            text = re.sub(r"\s+# .*$", "", text).strip()
            if not text or text.startswith("# "):
                continue
        command = Command(before + start + 1, prompt.group(1) if prompt else None, bool(prompt) and prompt.group(2) == "#",
                          " ".join(text.split()) if '"' not in text and "'" not in text else re.sub(r" {2,}", " ", text))
        if block.what == "console":
            command.first = before + n
            while n < len(block.lines) and not PROMPT.match(block.lines[n]):
                n += 1
            command.end = before + n
            command.shown = block.lines[command.first - before:n]
        block.commands.append(command)


def hidden(directive_lines):
    """Commands of a comment, `NODE$ …` lines, as Command objects."""
    for text in directive_lines:
        match = PROMPT.match(text)
        if match:
            yield Command(0, match.group(1), match.group(2) == "#", match.group(3))
