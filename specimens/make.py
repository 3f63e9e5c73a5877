#!/usr/bin/env python3
"""Makes the specimen PDFs from the Markdown beside this file; needs only `pip install fpdf2`.

    python3 make.py           writes the PDFs and prints their SHA-256
    python3 make.py --check   writes nothing; fails when a PDF differs from its Markdown

The result depends on nothing but the Markdown and the version of fpdf2: the date is fixed, streams
are not compressed (zlib builds differ), and the fonts are the standard ones that every reader has.
"""

import datetime
import hashlib
import pathlib
import re
import sys

import fpdf

FPDF2 = "2.8.9"  # the version that made the files that are checked in
HERE = pathlib.Path(__file__).resolve().parent
AUDIENCES = ("reseller", "provider", "customer")
LANGUAGES = {
    "en": {"footer": "Specimen", "page": "Page {} of {}", "mark": "SPECIMEN"},
    "es": {"footer": "Muestra (Specimen)", "page": "Página {} de {}", "mark": "MUESTRA"},
}
CREATED = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
LIMIT = 60 * 1024
FONT, MARGIN, SIZE, LEADING = "Helvetica", 25, 10, 5
INK, MUTED, RULE, WARN, WARN_FILL = (
    (28, 32, 38), (105, 112, 122), (200, 205, 212), (140, 45, 20), (253, 242, 236))


def parse(text):
    """The few forms the specimens use: `> `, `# `, `## `, `- ` with continuation, paragraphs."""
    blocks = []
    for chunk in re.split(r"\n\s*\n", text.strip()):
        lines = chunk.split("\n")
        if lines[0].startswith("- "):
            for line in lines:
                if line.startswith("- "):
                    blocks.append(["item", line[2:]])
                else:
                    blocks[-1][1] += " " + line.strip()
            continue
        for prefix, kind in (("## ", "clause"), ("# ", "title"), ("> ", "mark"), ("", "text")):
            if lines[0].startswith(prefix):
                break
        blocks.append([kind, " ".join(line.removeprefix(prefix).strip() for line in lines)])
    return blocks


class Specimen(fpdf.FPDF):
    def __init__(self, words, title, pages):
        super().__init__(format="A4", unit="mm")
        self.words, self.name, self.pages_in_all = words, title, pages
        self.set_compression(False)
        self.set_margins(MARGIN, 22)
        self.set_auto_page_break(True, 25)
        self.c_margin = 0

    def header(self):
        if self.page_no() > 1:
            self.set_font(FONT, "", 8)
            self.set_text_color(*MUTED)
            self.set_y(12)
            self.cell(0, 5, self.name)
            self.set_y(22)

    def footer(self):
        self.set_draw_color(*RULE)
        self.set_line_width(0.2)
        self.line(MARGIN, 279, self.w - MARGIN, 279)
        self.set_font(FONT, "", 8)
        self.set_text_color(*MUTED)
        self.set_y(281)
        self.cell(0, 5, self.words["footer"])
        self.set_x(MARGIN)
        self.cell(0, 5, self.words["page"].format(self.page_no(), self.pages_in_all), align="R")

    def write_block(self, kind, text, following):
        self.set_text_color(*INK)
        if kind == "mark":
            self.set_font(FONT, "B", 9)
            self.set_text_color(*WARN)
            self.set_fill_color(*WARN_FILL)
            self.c_margin = 3
            self.cell(0, 9, text.replace("**", ""), fill=True, new_x="LMARGIN", new_y="NEXT")
            self.c_margin = 0
            self.ln(6)
        elif kind == "title":
            self.set_font(FONT, "B", 20)
            self.multi_cell(0, 9, text, align="L", new_x="LMARGIN", new_y="NEXT")
            self.ln(3)
        elif kind == "clause":
            if self.will_page_break(3 + 6 + 3 * LEADING):  # never a heading alone at the foot
                self.add_page()
            else:
                self.ln(3)
            self.set_font(FONT, "B", 11.5)
            self.cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")
            self.ln(0.8)
        else:
            self.set_font(FONT, "", SIZE)
            indent = 5 if kind == "item" else 0
            height = LEADING * len(self.multi_cell(
                self.epw - indent, LEADING, text, align="L", markdown=True,
                dry_run=True, output="LINES"))
            # Keep short paragraphs whole, and never leave one line alone on either side.
            if height <= 3 * LEADING and self.will_page_break(height):
                self.add_page()
            elif self.will_page_break(2 * LEADING):
                self.add_page()
            if indent:
                self.set_fill_color(*INK)
                self.ellipse(MARGIN + 1.2, self.y + LEADING / 2 - 0.5, 1, 1, style="F")
                self.set_x(MARGIN + indent)
            self.multi_cell(self.epw - indent, LEADING, text, align="L", markdown=True,
                            new_x="LMARGIN", new_y="NEXT")
            if kind == "item" and following == "item":
                self.ln(0.8)
            else:
                self.ln(1.6)


def lay_out(blocks, words, title, language, pages):
    pdf = Specimen(words, title, pages)
    pdf.set_title(f"{title} - {words['footer']}")
    pdf.set_lang(language)
    pdf.set_creation_date(CREATED)
    pdf.set_producer("make.py")
    pdf.add_page()
    for i, (kind, text) in enumerate(blocks):
        pdf.write_block(kind, text, blocks[i + 1][0] if i + 1 < len(blocks) else "")
    return pdf


def make(audience, language):
    words = LANGUAGES[language]
    blocks = parse((HERE / f"{audience}.{language}.md").read_text(encoding="utf-8"))
    if blocks[0][0] != "mark" or words["mark"] not in blocks[0][1]:
        sys.exit(f"{audience}.{language}.md must begin with its {words['mark']} line")
    title = next(text for kind, text in blocks if kind == "title")
    draft = lay_out(blocks, words, title, language, pages=0)  # only to count the pages
    data = bytes(lay_out(blocks, words, title, language, draft.pages_count).output())
    if len(data) >= LIMIT:
        sys.exit(f"{audience}.{language}.pdf has {len(data)} bytes, the limit is {LIMIT}")
    return data


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    if fpdf.__version__ != FPDF2:
        print(f"note: fpdf2 is {fpdf.__version__}, the checked-in files were made with {FPDF2}",
              file=sys.stderr)
    stale = []
    for audience in AUDIENCES:
        for language in LANGUAGES:
            path = HERE / f"{audience}.{language}.pdf"
            data = make(audience, language)
            if not check:
                path.write_bytes(data)
            elif not path.exists() or path.read_bytes() != data:
                stale.append(path.name)
            print(f"{hashlib.sha256(data).hexdigest()}  {path.name}  {len(data)}")
    if stale:
        sys.exit("differs from its Markdown: " + ", ".join(stale))


if __name__ == "__main__":
    main()
