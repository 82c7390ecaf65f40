"use strict";
(() => {
  // Plotly is read when the first figure comes near the window: the answer is there at once.
  const plotly = () => {
    if (!window.Plotly) {
      const script = document.createElement("script");
      script.text = document.getElementById("plotly").textContent;
      document.head.append(script);
    }
    return window.Plotly;
  };

  const PAPER = 660; // pixels of a sheet's width, whatever the window's is

  const draw = (box) => {
    if (box.dataset.drawn) return;
    box.dataset.drawn = "started";
    const figure = JSON.parse(document.getElementById(box.dataset.figure).textContent);
    const options = { responsive: true, displaylogo: false };
    plotly().newPlot(box, figure.data, figure.layout, options).then(
      () => { box.dataset.drawn = "done"; },
      () => { box.textContent = "This browser can't draw the figure; see the folder figures."; },
    );
  };

  const boxes = [...document.querySelectorAll("[data-figure]")];
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watcher.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "400px" });
  boxes.forEach((box) => watcher.observe(box));

  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((part) => { part.open = true; });
    for (const box of boxes) {
      draw(box);
      window.Plotly.relayout(box, { width: PAPER, autosize: false });
    }
  });
  window.addEventListener("afterprint", () => {
    boxes.forEach((box) => window.Plotly.relayout(box, { width: null, autosize: true }));
  });

  const value = (row, column) => {
    const cell = row.cells[column];
    if (cell.classList.contains("text")) return cell.textContent;
    return "sort" in cell.dataset ? Number(cell.dataset.sort) : null;
  };

  const order = (first, second) => {
    if (typeof first === "string") return first.localeCompare(second, "en", { numeric: true });
    return first - second;
  };

  // Fields without a value stay last whichever way the table is sorted.
  const sort = (heading) => {
    const table = heading.closest("table");
    const column = heading.cellIndex;
    const down = heading.getAttribute("aria-sort") === "ascending"
      || (!heading.hasAttribute("aria-sort") && !heading.classList.contains("text"));
    const rows = [...table.tBodies[0].rows].map((row) => [value(row, column), row]);
    rows.sort(([first], [second]) => {
      if (first === null || second === null) return (first === null) - (second === null);
      return down ? order(second, first) : order(first, second);
    });
    table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };

  document.querySelectorAll("table.sortable th").forEach((heading) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(heading));
    heading.append(button);
  });
})();
