"""What is built and never committed: catalogues and fonts."""

from __future__ import annotations

import gettext
import os
from pathlib import Path

import pytest

from innovation_station import assets

HEADER = (
    'msgid ""\nmsgstr ""\n"Language: sv\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Write a catalogue with one message and return its path."""
    source = tmp_path / "sv" / "LC_MESSAGES" / "messages.po"
    source.parent.mkdir(parents=True)
    source.write_text(HEADER + 'msgid "%(count)s free"\nmsgstr "%(count)s lediga"\n', encoding="utf-8")
    return source


def test_catalogue_is_compiled_once_and_again_when_it_changes(catalogue: Path, tmp_path: Path) -> None:
    compiled = catalogue.with_suffix(".mo")
    assert assets.compile_catalogues(tmp_path) == [compiled]
    assert assets.compile_catalogues(tmp_path) == []
    with compiled.open("rb") as stream:
        assert gettext.GNUTranslations(stream).gettext("%(count)s free") == "%(count)s lediga"
    later = compiled.stat().st_mtime + 1
    os.utime(catalogue, (later, later))
    assert assets.compile_catalogues(tmp_path) == [compiled]


def test_catalogue_is_the_same_whenever_it_is_compiled(catalogue: Path, tmp_path: Path) -> None:
    compiled = catalogue.with_suffix(".mo")
    assets.compile_catalogues(tmp_path)
    first = compiled.read_bytes()
    compiled.unlink()
    assets.compile_catalogues(tmp_path)
    assert compiled.read_bytes() == first
    assert b"2026-01-01" in first


def test_translation_with_another_placeholder_is_refused(catalogue: Path, tmp_path: Path) -> None:
    catalogue.write_text(HEADER + 'msgid "%(count)s free"\nmsgstr "%(antal)s lediga"\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"messages\.po, line \d+: unknown named placeholder 'antal'"):
        assets.compile_catalogues(tmp_path)
    assert not catalogue.with_suffix(".mo").exists()


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the fonts once for this module."""
    pytest.importorskip("fontTools", reason="the build tools are not installed")
    folder = tmp_path_factory.mktemp("fonts")
    assets.build_fonts(folder)
    return folder


def test_fonts_are_small_enough_for_the_first_view(fonts: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in fonts.glob("*.woff2")}
    assert set(sizes) == {face.file for face in assets.FACES}
    assert max(sizes.values()) < 21_000
    assert sum(sizes.values()) < 37_000


@pytest.mark.parametrize("face", assets.FACES, ids=lambda face: face.family)
def test_font_has_the_letters_weights_and_figures_in_use(fonts: Path, face: assets.Face) -> None:
    from fontTools.ttLib import TTFont

    with TTFont(fonts / face.file) as font:
        axes = {axis.axisTag: (axis.minValue, axis.maxValue) for axis in font["fvar"].axes}
        assert axes == {"wght": face.weights}
        assert {ord(letter) for letter in "ÅÄÖåäöéü–—…·“”’×→"} <= set(font.getBestCmap())
        assert "tnum" in {record.FeatureTag for record in font["GSUB"].table.FeatureList.FeatureRecord}
        assert "kern" in {record.FeatureTag for record in font["GPOS"].table.FeatureList.FeatureRecord}


def test_style_sheet_swaps_and_measures_its_fallback(fonts: Path) -> None:
    sheet = (fonts / "fonts.css").read_text("utf-8")
    assert sheet.count("font-display: swap") == len(assets.FACES)
    for face in assets.FACES:
        assert f'url("{face.file}?v=' in sheet
        assert f'font-family: "{face.family} Fallback"' in sheet
    assert sheet.count("size-adjust:") == sheet.count("ascent-override:") == sheet.count("local(") / 6
    assert "//" not in sheet


def test_fonts_are_built_once(fonts: Path) -> None:
    assert assets.build_fonts(fonts) == []


def test_without_the_font_packages_the_system_fonts_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(assets, "_missing", lambda: ["fontpkg_figtree"])
    assert assets.build_fonts(tmp_path) == [tmp_path / "fonts.css"]
    assert "@font-face" not in (tmp_path / "fonts.css").read_text("utf-8")
    assert "fontpkg_figtree not installed" in capsys.readouterr().err
