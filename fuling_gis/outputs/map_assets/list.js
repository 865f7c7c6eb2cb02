/* The list of sites beside the map, in the order chosen: only the rows in view exist, so that any number scrolls smoothly. */

const ROW_PX = 58;

class SiteList {
  constructor(model) {
    this.model = model;
    this.ranks = [];
    this.words = null;
    this.active = 0;
    this.box = make("div", "fg-list");
    this.box.tabIndex = 0;
    this.box.id = "fg-list";
    this.box.setAttribute("role", "listbox");
    this.tall = make("div", "fg-list-tall");
    this.tall.setAttribute("role", "presentation");
    this.none = make("p", "fg-none");
    this.box.append(this.tall);
    this.box.addEventListener("scroll", () => this.draw(), { passive: true });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("click", (event) => {
      const row = event.target.closest(".fg-row");
      if (row) this.open(Number(row.dataset.place));
    });
    this.box.addEventListener("mouseover", (event) => {
      const row = event.target.closest(".fg-row");
      model.hover(row ? this.ranks[Number(row.dataset.place)] : -1);
    });
    this.box.addEventListener("mouseleave", () => model.hover(-1));
    new ResizeObserver(() => this.draw()).observe(this.box);
  }

  /* Show the sites that pass what was chosen, in the order chosen. `chosen` holds places of verdicts. */
  filter({ chosen, marked, reason, words, ranks }) {
    const { sites, layer } = this.model;
    const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean);
    this.ranks = [];
    for (const i of ranks) {
      const passes =
        (chosen.size === 0 || chosen.has(sites.verdict[i])) &&
        (!marked || layer.marked(i)) &&
        (reason < 0 || sites.rule[i] === reason) &&
        this.matches(i, wanted);
      layer.visible[i] = passes ? 1 : 0;
      if (passes) this.ranks.push(i);
    }
    this.active = 0;
    this.box.scrollTop = 0;
    this.tall.style.height = `${this.ranks.length * ROW_PX}px`;
    this.draw();
    layer.gather();
    layer.pane.redraw();
  }

  matches(rank, wanted) {
    if (!wanted.length) return true;
    const { sites } = this.model;
    const text = `${sites.site_id[rank]} ${sites.name[rank]}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  }

  draw() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW_PX) - 3);
    const last = Math.min(this.ranks.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / ROW_PX) + 3);
    this.tall.replaceChildren();
    for (let place = first; place < last; place += 1) this.tall.append(this.row(place));
    // A list of choices must have one.
    this.box.setAttribute("role", this.ranks.length ? "listbox" : "group");
    if (!this.ranks.length) {
      this.none.textContent = say("none_found");
      this.tall.append(this.none);
    }
    if (this.ranks.length) this.box.setAttribute("aria-activedescendant", `fg-row-${this.active}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  row(place) {
    const { sites, verdicts, rules, layer } = this.model;
    const rank = this.ranks[place];
    const verdict = verdicts[sites.verdict[rank]];
    const row = make("div", "fg-row");
    row.id = `fg-row-${place}`;
    row.dataset.place = place;
    row.style.top = `${place * ROW_PX}px`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(rank === layer.selected));
    row.setAttribute("aria-setsize", this.ranks.length);
    row.setAttribute("aria-posinset", place + 1);
    if (rank === layer.selected) row.classList.add("fg-row-open");
    if (place === this.active) row.classList.add("fg-row-active");
    const name = make("div", "fg-row-name", isolated(short(siteName(sites, rank), 60)));
    const tag = make("span", "fg-row-tag", pick(verdict.title));
    tag.style.setProperty("--tone", verdict.colour);
    const why = make("div", "fg-row-why", this.why(rank, rules));
    row.append(swatch(verdict, layer.marked(rank), this.model.colours), name, tag, why);
    return row;
  }

  /* One line under a name: why, or the site's id where there is nothing to say. */
  why(rank, rules) {
    return this.reason(rank, rules) || this.model.sites.site_id[rank] || "";
  }

  /* What says why: the deciding rule and how many more, or the doubt. */
  reason(rank, rules) {
    const { sites, verdicts, layer } = this.model;
    const worse = layer.marked(rank) ? say("could_be", { verdict: pick(verdicts[sites.possible[rank]].title) }) : "";
    const rule = sites.rule[rank] >= 0 ? rules[sites.rules[sites.rule[rank]]] : null;
    const title = rule ? pick(rule.title) : "";
    const more = sites.more[rank] > 0 ? ` +${sites.more[rank]}` : "";
    return [worse, title ? title + more : ""].filter(Boolean).join(" · ");
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity };
    if (event.key in steps) {
      this.active = Math.max(0, Math.min(this.ranks.length - 1, this.active + steps[event.key]));
      this.reveal(this.active);
      this.draw();
      event.preventDefault();
    } else if ((event.key === "Enter" || event.key === " ") && this.ranks.length) {
      this.open(this.active);
      event.preventDefault();
    }
  }

  /* From the words searched for, Enter opens the one site found, and goes to the list where there are several. */
  searchKey(event) {
    if (event.key === "Enter" && this.ranks.length === 1) this.open(0);
    else if ((event.key === "Enter" || event.key === "ArrowDown") && this.ranks.length) this.box.focus();
    else return;
    event.preventDefault();
  }

  open(place) {
    this.active = place;
    this.model.open(this.ranks[place]);
  }

  /* Open the site before or after the one that is open. */
  step(by) {
    const place = this.ranks.indexOf(this.model.layer.selected) + by;
    if (place < 0 || place >= this.ranks.length) return;
    this.reveal(place);
    this.open(place);
  }

  /* Bring the row of a site into view, wherever it was opened from. */
  follow(rank) {
    const place = this.ranks.indexOf(rank);
    if (place >= 0) {
      this.active = place;
      this.reveal(place);
    }
    this.draw();
  }

  reveal(place) {
    const top = place * ROW_PX;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    const below = top + ROW_PX - this.box.clientHeight;
    if (below > this.box.scrollTop) this.box.scrollTop = below;
  }
}
