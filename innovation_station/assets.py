"""Build what is made and never committed: compiled catalogues and web fonts.

Run as a script by ``./station`` and loaded by path by ``hatch_build.py``, in places where Flask is not
installed. So it imports the standard library, Babel and fontTools only, and nothing of this package.

Headings speak in Bricolage Grotesque, narrowed to 92 % at optical size 24: of the families packaged for
Python it comes nearest to the reference's Familjen Grotesk in width, weight and character. Schibsted
Grotesk runs 10 % wider and spaces commas and full stops like figures, Hanken Grotesk has no tabular
figures. Text is Figtree, as in the reference.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

CHARACTERS = (
    "".join(chr(code) for code in range(0x20, 0x7F))
    + "\u00a0¡£§«°±·»¿×÷"
    + "".join(chr(code) for code in range(0xC0, 0x100) if code not in (0xD7, 0xF7))
    + "ĄąĆćČčĎďĐđĘęĚěĞğİıŁłŃńŇňŐőŒœŘřŚśŞşŠšŤťŮůŰűŹźŻżŽžȘșȚț"
    + "–—‑…•‘’‚“”„‹›−←→€"
)
"""The letters of members' names in most of Europe, and the typography of both languages."""

KERNED = "ABCDEFGHIJKLMNOPQRSTUVWXYZÅÄÖabcdefghijklmnopqrstuvwxyzåäöé.,:’–-"
"""Letters that keep their pair kerning: for all of CHARACTERS it would weigh as much as the outlines."""

FEATURES = ("tnum", "locl", "ccmp", "case")
"""Layout features kept: figures of one width everywhere, and what browsers apply unasked."""

SAMPLE = (
    "Boka ett skrivbord för eftermiddagen och se när huset är öppet. Hågelby är ledigt till 13.30. "
    "Book a desk for the afternoon and see when the house is open. Tuesday 22, 08–12, 11 free."
)
"""Text that widths are averaged over; it carries the letter frequencies of both languages."""

BUILT = datetime(2026, 1, 1, tzinfo=UTC)
"""The date in every compiled catalogue."""

# Average advance of SAMPLE in thousandths of an em, measured on Liberation Sans, whose widths are
# Arial's and Helvetica's. Constants, because a build machine has no system fonts.
ARIAL_AVERAGE = {"regular": 443.813, "bold": 473.115}

ARIAL_NAMES = {
    "regular": ("Arial", "ArialMT", "Liberation Sans", "LiberationSans", "Arimo", "Helvetica"),
    "bold": (
        "Arial Bold",
        "Arial-BoldMT",
        "Liberation Sans Bold",
        "LiberationSans-Bold",
        "Arimo Bold",
        "Helvetica Bold",
    ),
}


@dataclass(frozen=True)
class Face:
    """One web font: the family the style sheets name, and the package file it is cut from."""

    family: str
    file: str
    package: str
    source: str
    weights: tuple[int, int]
    pinned: tuple[tuple[str, float], ...] = ()

    @property
    def module(self) -> str:
        """Return the import name of the package."""
        return self.package.replace("-", "_")

    @property
    def licence(self) -> str:
        """Return the name of the file that carries the font's licence."""
        return self.file.removesuffix(".woff2") + "-licence.txt"


FACES = (
    Face(
        family="Station Display",
        file="station-display.woff2",
        package="fontpkg-bricolage-grotesque",
        source="BricolageGrotesque[opsz,wdth,wght].ttf",
        weights=(500, 700),
        pinned=(("opsz", 24), ("wdth", 92)),
    ),
    Face(
        family="Station Text",
        file="station-text.woff2",
        package="fontpkg-figtree",
        source="Figtree[wght].ttf",
        weights=(400, 700),
    ),
)


def compile_catalogues(translations: Path) -> list[Path]:
    """Compile each ``*.po`` under a folder whose ``*.mo`` is missing or older.

    Return the files written, sorted. Raise ValueError where a catalogue cannot be parsed, or a translation
    has other placeholders than its source.
    """
    written = []
    for source in sorted(translations.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        _compile_catalogue(source, target)
        written.append(target)
    return written


def _compile_catalogue(source: Path, target: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    try:
        with source.open("rb") as stream:
            catalogue = read_po(stream, locale=source.parent.parent.name, abort_invalid=True)
    except PoFileError as error:
        raise ValueError(f"{source}: {error}") from error
    for message, faults in catalogue.check():
        raise ValueError(f"{source}, line {message.lineno}: {faults[0]} ({message.id!r})")
    # Babel would note the time of the build, and every build would differ.
    catalogue.creation_date = catalogue.revision_date = BUILT
    # Written beside and moved: a server that starts meanwhile reads the old file or the new one.
    beside = target.with_suffix(".mo.new")
    with beside.open("wb") as stream:
        write_mo(stream, catalogue)
    beside.replace(target)


def build_fonts(folder: Path) -> list[Path]:
    """Cut the web fonts and their style sheet into a folder; do nothing when they are current.

    Return the files written. Where a font or fontTools is not installed, write an empty style sheet:
    pages then fall through to the system's fonts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sheet = folder / "fonts.css"
    missing = _missing()
    if missing:
        print(f"fonts: {', '.join(missing)} not installed, the system's fonts serve", file=sys.stderr)
        sheet.write_text("/* No web fonts were built: the system's fonts serve. */\n", encoding="utf-8")
        return [sheet]
    head = f"/* {_fingerprint()} */\n"
    made = [folder / name for face in FACES for name in (face.file, face.licence)]
    if sheet.exists() and sheet.read_text("utf-8").startswith(head) and all(f.exists() for f in made):
        return []
    rules = [_build_face(face, folder / face.file) for face in FACES]
    sheet.write_text(head + "\n".join(rules), encoding="utf-8")
    return [*made, sheet]


def _missing() -> list[str]:
    modules = ["fontTools", "brotli", *(face.module for face in FACES)]
    return [name for name in modules if importlib.util.find_spec(name) is None]


def _source(face: Face) -> Path:
    spec = importlib.util.find_spec(face.module)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(face.package)
    return Path(spec.origin).parent / "files" / face.source


def _fingerprint() -> str:
    """Return a digest of everything the fonts are made from."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for face in FACES:
        digest.update(_source(face).read_bytes())
    for name in ("fonttools", "brotli"):
        try:
            digest.update(version(name).encode())
        except PackageNotFoundError:
            digest.update(b"?")
    return digest.hexdigest()[:16]


def _build_face(face: Face, target: Path) -> str:
    """Write one font and return its rules: the face itself, and the fallback it is swapped with."""
    font = _cut(face)
    font.flavor = "woff2"
    font.save(target)
    # The Open Font License wants its text beside the font wherever that goes.
    licence = _source(face).parent.parent / "LICENSE"
    target.with_name(face.licence).write_bytes(licence.read_bytes())
    # As long as the version in the pages' own addresses, so that a preload and this rule fetch one file.
    mark = hashlib.sha256(target.read_bytes()).hexdigest()[:12]
    low, high = face.weights
    rule = (
        f'@font-face {{\n  font-family: "{face.family}"; font-style: normal; '
        f"font-weight: {low} {high}; font-display: swap;\n"
        f'  src: url("{face.file}?v={mark}") format("woff2");\n}}\n'
    )
    halves = [("regular", low, 500), ("bold", 501, high)] if low < 500 else [("bold", low, high)]
    return rule + "".join(_fallback(face, font, *half) for half in halves)


def _cut(face: Face) -> Any:
    """Return the font with the axes, characters and features that the pages use.

    Kerning is taken at the heaviest weight and does not vary: headings are set there, and at the lighter
    ones the difference is below what a screen shows.
    """
    low, high = face.weights
    font = _instance(face, CHARACTERS, FEATURES, (low, low, high))
    kerned = _instance(face, KERNED, ("kern",), high)
    font["GPOS"] = kerned["GPOS"]
    return font


def _instance(face: Face, text: str, features: tuple[str, ...], weight: float | tuple[int, int, int]) -> Any:
    """Return a face cut to some characters and features, at one weight or a range of them."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    font = TTFont(_source(face), recalcTimestamp=False)
    subsetter = Subsetter(Options(layout_features=list(features), hinting=False, notdef_outline=True))
    subsetter.populate(text=text)
    # In this order: an instance loses the empty variations of spaces, which the subsetter then misses.
    subsetter.subset(font)
    return instantiateVariableFont(font, {**dict(face.pinned), "wght": weight})


def _fallback(face: Face, font: Any, style: str, low: int, high: int) -> str:
    """Return the rule that gives the system's Arial the measure of a font, so the swap shifts nothing."""
    size = _average(font, 400 if style == "regular" else 700) / ARIAL_AVERAGE[style]
    unit = font["head"].unitsPerEm * size
    metrics = font["hhea"]
    names = ", ".join(f'local("{name}")' for name in ARIAL_NAMES[style])
    return (
        f'@font-face {{\n  font-family: "{face.family} Fallback"; font-style: normal; '
        f"font-weight: {low} {high};\n  src: {names};\n"
        f"  size-adjust: {size:.2%}; ascent-override: {metrics.ascent / unit:.2%}; "
        f"descent-override: {-metrics.descent / unit:.2%}; "
        f"line-gap-override: {metrics.lineGap / unit:.2%};\n}}\n"
    )


def _average(font: Any, weight: float) -> float:
    """Return the average advance of SAMPLE at a weight, in thousandths of an em."""
    glyphs = font.getGlyphSet(location={"wght": weight} if "fvar" in font else None)
    names = font.getBestCmap()
    total = sum(glyphs[names[ord(character)]].width for character in SAMPLE)
    units: int = font["head"].unitsPerEm
    return float(total) / len(SAMPLE) / units * 1000


def build(root: Path) -> list[Path]:
    """Build everything for a checkout and return the files written."""
    return [
        *compile_catalogues(root / "innovation_station" / "translations"),
        *build_fonts(root / "static" / "fonts"),
    ]


def main() -> int:
    """Build for the checkout this file lies in; return 1 with one line where a catalogue is broken."""
    root = Path(__file__).resolve().parent.parent
    try:
        written = build(root)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for path in written:
        print(f"{path.relative_to(root)}  {path.stat().st_size / 1000:.1f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
