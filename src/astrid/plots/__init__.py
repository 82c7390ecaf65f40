"""Plots: one file a plot, found by the file's name.

A plot's file exports `COLUMNS`, the columns that it reads; `draw(frame) -> plotly Figure`; and
`example() -> DataFrame`, a small frame that shows all that the plot can draw.

A plot of a study also exports `paper(frame) -> matplotlib Figure`, for print. It shows the
sentences in `frame.attrs["notes"]`: what its intervals are, and what was left out.
"""
