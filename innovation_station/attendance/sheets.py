"""A table as a workbook (XLSX): what spreadsheets open without a question about separators and encodings."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # what XML cannot hold
Value = str | int | datetime | None


def workbook(title: str, rows: Iterable[Sequence[Value]]) -> bytes:
    """Write one sheet; its first row stays in sight. Instants are naive, of the house's clock.

    A text is a text, also where it begins as a formula does.
    """
    from openpyxl import Workbook  # 12 MiB in every process, for a file that staff need once
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=_UNFIT.sub("", value) if isinstance(value, str) else value)
            if isinstance(value, str):
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
