"""Corpus pages and the terminal's text: everything that the manifest says arrives, and nothing is claimed beyond it."""

from __future__ import annotations

import re

import pytest

from aubook.pages import corpus_pages, corpus_text
from aulib.__main__ import main
from aulib.manifest import entries, stands_in_for

ALL = list(entries().values())
LICENSED = [one for one in ALL if one.source == "licensed"]
EMBEDDED = [one for one in ALL if one.source == "synthetic"]


def plain(text: str) -> str:
    return " ".join(text.split())


def sections(page: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("entry", LICENSED, ids=lambda one: one.name)
def test_a_licensed_page_says_everything(entry):
    page = corpus_pages.page(entry)
    assert page.startswith(f"# {entry.title}\n") and page.endswith("\n") and not page.endswith("\n\n")
    text = plain(page)
    for words in (
        entry.summary, entry.licence, entry.access, entry.media, *entry.steps, *entry.protocols,
        *(one.what for one in entry.defects), *(one.note for one in (*entry.layouts, *entry.samples)),
    ):  # fmt: skip
        assert plain(words).rstrip(".") in text
    for block in (*(one.tree for one in entry.layouts), *(one.text for one in entry.samples)):
        assert f"```text\n{block.rstrip()}\n```" in page
    by_heading = sections(page)
    for one in entry.defects:  # what is done stands below what it is done about
        section = plain(by_heading["Known defects, and what the reader does"])
        assert section.index(plain(one.what)) < section.index(plain(one.handled)[1:])
    assert "badge-licensed" in page and "badge-synthetic" not in page
    assert "unproven on the real data" in page and "Nobody of this project holds this corpus" in page
    assert "made up" in by_heading["What a label file looks like"]
    assert all(f"{{cite:t}}`{key}`" in by_heading["To cite"] for key in entry.citations)
    assert f"({entry.stand_in}.md)" in by_heading["Without a copy"]
    commands = by_heading["Use your own copy"]
    for words in (entry.variable, f"data verify {entry.name} /", f"data prepare {entry.name} /", "corpora.yaml"):
        assert words in commands


@pytest.mark.parametrize("entry", EMBEDDED, ids=lambda one: one.name)
def test_an_embedded_page_says_what_it_cannot_tell(entry):
    page = corpus_pages.page(entry)
    assert plain(entry.limits) in plain(page)
    assert "badge-synthetic" in page and "badge-licensed" not in page
    assert "never replications of results on people" in page
    place = sections(page)["Whose place it takes"]
    for name in stands_in_for(entry.name):
        assert f"({name}.md)" in place
    assert "How to ask for it" not in page and "Known defects" not in page


@pytest.mark.parametrize("entry", ALL, ids=lambda one: one.name)
def test_pages_are_whole_markdown(entry):
    """Fences are closed, pages linked to exist, marks are those of the manifest."""
    page = corpus_pages.page(entry)
    assert page.count("```") % 2 == 0 and len(re.findall(r"^:::", page, re.MULTILINE)) == 2
    for target in re.findall(r"\]\(([^)#]+)\)", page):
        name = target.removesuffix(".md")
        assert name in entries() or target.startswith("../../notebooks/"), target
    marks = re.findall(r'<span class="au-sure">([^<]*)</span>', page)
    told = [fact for _, _, fact in corpus_pages.facts(entry) if fact]
    assert marks == [one.confidence for one in (*told, *entry.layouts, *entry.samples, *entry.defects)]
    assert "None" not in page and "  \n" not in page


def test_no_fact_of_the_manifest_is_left_out():
    """A fact with a confidence belongs to a row of the table."""
    for entry in LICENSED:
        shown = {id(fact) for _, _, fact in corpus_pages.facts(entry) if fact is not None}
        for key, fact in entry.facts.items():
            value = getattr(entry, key)
            if value or key == "frames" or key == "unknown_codes":
                assert id(fact) in shown, (entry.name, key)


def test_the_index_has_every_corpus_once():
    table = corpus_pages.table()
    real, embedded = table.split("## ")[1:]
    assert re.findall(r"^\| \[.+?\]\(([\w-]+)\.md\)", real, re.MULTILINE) == [one.name for one in LICENSED]
    assert re.findall(r"^\| \[.+?\]\(([\w-]+)\.md\)", embedded, re.MULTILINE) == [one.name for one in EMBEDDED]
    widths = {line.count("|") for line in real.splitlines() if line.startswith("|")}
    assert widths == {6}
    (disfa,) = [line for line in real.splitlines() if "disfa.md" in line]
    assert disfa == "| [DISFA](disfa.md) | 27 | 130,814 | 12 | 12 |"


@pytest.mark.parametrize("words, lower", [
    ("The columns", "the columns"), ("AU codes", "AU codes"), ("9 is unknown", "9 is unknown"), ("A label", "a label"),
])  # fmt: skip
def test_first_letters(words, lower):
    assert corpus_pages._lower(words) == lower


def test_the_list_is_aligned(capsys):
    assert main(["data", "list"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows] == [one.name for one in ALL]
    for column in ("source", "coding", "state"):
        at = head.index(column)
        assert all(row[at - 1] == " " and row[at] != " " for row in rows), column
    end = head.index("frames") + len("frames")
    assert all(row[end - 1] != " " and row[end] == " " for row in rows)


@pytest.mark.parametrize("entry", ALL, ids=lambda one: one.name)
@pytest.mark.parametrize("width", [50, 100])
def test_info_fits_and_tells_all(entry, width):
    text = corpus_text.about(entry, "ready", width)
    told = plain(text)
    for words in (
        entry.summary, *entry.steps, *entry.protocols, entry.limits or "",
        *(one.what for one in entry.defects), *(one.handled for one in entry.defects),
    ):  # fmt: skip
        assert plain(words) in told
    verbatim = {
        line.strip() for one in (*entry.layouts, *entry.samples)
        for line in getattr(one, "tree", getattr(one, "text", "")).splitlines()
    }  # fmt: skip
    for line in text.splitlines():
        longest = max((len(word) for word in line.split()), default=0)
        fixed = line.strip() in verbatim or line.lstrip().startswith(("python -m", "export"))
        assert len(line) <= width or fixed or longest > width - 24, line
        assert line == line.rstrip()
    assert "{" not in told and "confidence=" not in told


def test_options_are_those_of_the_readers():
    from aulib.datasets.readers import reader

    for entry in LICENSED:
        page, text = corpus_pages.page(entry), plain(corpus_text.about(entry, "", 80))
        section = plain(sections(page)["Options of the reader"])
        for name, option in reader(entry.name).options.items():
            assert f"`{name}` (" in section and plain(option.words) in section and plain(option.words) in text
    assert all(not corpus_pages.options(entry) for entry in EMBEDDED)


def test_the_manifest_names_only_options_that_exist():
    """``name: value`` between backticks in what is said of a defect, layout or sample is an option of that reader."""
    from aulib.datasets.readers import reader

    seen = 0
    for entry in LICENSED:
        said = [one.handled for one in entry.defects] + [one.note for one in (*entry.layouts, *entry.samples)]
        for name, value in re.findall(r"`(\w+): ([\w-]+)`", " ".join(said)):
            reader(entry.name).resolved({name: value})
            seen += 1
    assert seen >= 8


def test_the_state_of_a_copy(home, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("AULIB_CONFIG", str(tmp_path / "none.yaml"))
    monkeypatch.delenv("AULIB_DISFA", raising=False)
    monkeypatch.setenv("AULIB_BP4D", str(tmp_path))
    monkeypatch.setenv("AULIB_GFT", str(tmp_path / "gone"))
    assert main(["data", "list"]) == 0
    state = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert state["disfa"].endswith("no copy known here; set AULIB_DISFA")
    assert state["bp4d"].endswith(f"copy at {tmp_path}")
    assert state["gft"].endswith("gone, which is not there")
    assert state["synth-gft"].endswith("ready to load")


def test_info_on_the_command_line(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    assert main(["data", "info", "synth-bp4d+ind"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Synthetic BP4D (synth-bp4d+ind)\nsynthetic: ready to load\n")
    assert "Stands in for: BP4D-Spontaneous, FERA 2015 (BP4D part), FERA 2017." in plain(out)
    assert max(map(len, out.splitlines())) <= 70
