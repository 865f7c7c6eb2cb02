/* The head of the page: title, counts that are legend and filter at once, notices and limits. */

/* Whether the page stands in one column, as on a phone. */
function narrow() {
  return window.matchMedia("(max-width: 899px)").matches;
}

/* Title, counts, notices: what five seconds are for. */
function headParts(page) {
  const { run } = page;
  const top = make("div", "fg-top", make("h1", "", say("title")));
  const other = Words.lang === "zh" ? "en" : "zh";
  const lang = button("fg-lang", Words.book.language[other], () => {
    Words.lang = other;
    page.speak();
  });
  lang.lang = other === "zh" ? "zh-CN" : "en";
  top.append(lang);
  const under = make("p", "fg-under", run.workspace ? isolated(run.workspace) : "", run.workspace ? " · " : "");
  under.append(say("asked", { n: count(run.total) }), make("span", "fg-day", say("day", { day: run.as_of })));
  const limits = make("p", "fg-limits", say("limits"));
  return [top, under, countBar(page), chips(page), ...remarks(page), limits];
}

function countBar(page) {
  const bar = make("div", "fg-bar");
  bar.setAttribute("aria-hidden", "true");
  for (const verdict of page.verdicts) {
    const number = page.run.counts[verdict.id];
    if (!number) continue;
    const piece = make("span");
    piece.style.flexGrow = number;
    piece.style.background = verdict.colour;
    bar.append(piece);
  }
  return bar;
}

/* The legend is the filter: sign, name, number. */
function chips(page) {
  const legend = make("div", "fg-chips");
  legend.setAttribute("role", "group");
  legend.setAttribute("aria-label", say("legend"));
  page.verdicts.forEach((verdict, place) => {
    const number = page.run.counts[verdict.id];
    const chip = button("fg-chip", "", () => {
      if (page.chosen.has(place)) page.chosen.delete(place);
      else page.chosen.add(place);
      chip.setAttribute("aria-pressed", String(page.chosen.has(place)));
      page.refilter();
    });
    chip.append(swatch(verdict, false, page.colours), make("span", "", pick(verdict.title)), make("b", "", count(number)));
    chip.setAttribute("aria-pressed", String(page.chosen.has(place)));
    chip.disabled = number === 0;
    legend.append(chip);
  });
  if (page.run.marked) legend.append(markedChip(page));
  return legend;
}

/* The mark of a site that could be worse, as on the map: a ring around a marker, hatching over an area. */
function markedChip(page) {
  const sample = page.verdicts.find((one) => one.id === "advised");
  const chip = button("fg-chip fg-ring", "", () => {
    page.markedOnly = !page.markedOnly;
    chip.setAttribute("aria-pressed", String(page.markedOnly));
    page.refilter();
  });
  chip.setAttribute("aria-pressed", String(page.markedOnly));
  const area = layerSwatch({ fill: sample.colour, opacity: 0.62, line: page.colours.mark, width: 1.4, hatch: 6, hatchLine: page.colours.mark });
  chip.append(swatch(sample, true, page.colours), area, make("span", "", say("ring")), make("b", "", count(page.run.marked)));
  return chip;
}

/* What limits this map: notices of the run, and what was left out of the page. */
function remarks(page) {
  const { run } = page;
  const said = run.notices.map(pick);
  if (run.indicative) said.unshift(say("indicative"));
  if (run.many) said.push(say("many", { n: count(run.many) }));
  if (page.sites.total > CROWD) said.push(say("crowd"));
  if (run.dropped) said.push(say("dropped", { n: count(run.dropped) }));
  if (run.unlined) said.push(say("unlined", { n: count(run.unlined) }));
  if (run.pointed) said.push(say("pointed", { n: count(run.pointed) }));
  if (!said.length) return [];
  const more = said.length > 1 ? make("span", "fg-count", `+${said.length - 1}`) : "";
  const fold = make("details", "fg-notices", make("summary", "", make("span", "fg-notice-first", isolated(said[0])), more));
  fold.append(make("ul", "fg-lines", ...said.slice(said.length > 1 ? 1 : 0).map((one) => make("li", "", isolated(one)))));
  return [fold];
}
