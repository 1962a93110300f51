"""What figures know of people: nothing. They are sums, by space and by organisation."""

from __future__ import annotations

from innovation_station.personal import Personal

personal = Personal()
personal.impersonal(
    "figure_day", "figure_month", "figure_mark", "figure_shape", "figure_vain", "figure_event", "figure_report"
)
