/* The bar over the list: in which order the sites stand, for which reason they are shown, and how many of them. */

// Above so many names, comparing them as people do would be felt; they are compared letter by letter.
const COLLATE_MOST = 20000;
const ORDERS = ["worst", "possible", "name", "id", "row"];

class OrderBar {
  constructor(model) {
    this.model = model;
    this.key = "worst";
    this.reason = -1;
    this.made = new Map();
    this.box = make("div", "fg-order");
    this.status = make("p", "fg-status");
    this.status.setAttribute("role", "status");
    this.reasons = this.countReasons();
  }

  /* The deciding rules with the number of sites each decides, most first. */
  countReasons() {
    const { rule, rules } = this.model.sites;
    const counts = new Array(rules.length).fill(0);
    for (const one of rule) if (one >= 0) counts[one] += 1;
    return counts.map((number, place) => ({ place, number })).filter((one) => one.number).sort((a, b) => b.number - a.number);
  }

  draw() {
    const orders = ORDERS.map((key) => [key, say(`order_${key}`)]);
    const sort = select("fg-sort", say("order"), orders, this.key, (key) => {
      this.key = key;
      this.model.refilter();
    });
    const { run, sites } = this.model;
    const reasons = this.reasons.map(({ place, number }) => {
      const id = sites.rules[place];
      const title = run.rules[id] ? pick(run.rules[id].title) : id;
      return [String(place), `${short(title, 44)} (${count(number)})`];
    });
    const why = select("fg-reason", say("reason"), [["-1", say("reason_any")], ...reasons], String(this.reason), (place) => {
      this.reason = Number(place);
      this.model.refilter();
    });
    this.box.replaceChildren(sort, why);
    this.tell();
  }

  /* Say how many sites are shown where not all are, and how to have them all again. */
  tell() {
    const { sites, list } = this.model;
    if (list.ranks.length === sites.total) this.status.replaceChildren();
    else this.status.replaceChildren(say("shown", { n: count(list.ranks.length), all: count(sites.total) }), button("fg-all", say("show_all"), () => this.model.showAll()));
  }

  /* The ranks of all sites in the order chosen. */
  ranks() {
    const { sites } = this.model;
    if (!this.made.has(this.key)) {
      const ranks = Uint32Array.from({ length: sites.total }, (_, rank) => rank);
      if (this.key !== "worst") ranks.sort(this.comparison());
      this.made.set(this.key, ranks);
    }
    return this.made.get(this.key);
  }

  /* Ranks that compare equal stay worst first. */
  comparison() {
    const { sites } = this.model;
    if (this.key === "row") return (a, b) => sites.row[a] - sites.row[b];
    if (this.key === "possible") return (a, b) => sites.possible[a] - sites.possible[b] || a - b;
    const texts = this.key === "id" ? sites.site_id : sites.name;
    const people = new Intl.Collator(["zh-CN", "en"], { numeric: true });
    const letters = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    const compare = sites.total > COLLATE_MOST ? letters : people.compare;
    // Sites without the text stand last.
    return (a, b) => (texts[a] ? 0 : 1) - (texts[b] ? 0 : 1) || compare(texts[a], texts[b]) || a - b;
  }
}

function select(names, title, options, chosen, changed) {
  const box = make("select", names);
  box.setAttribute("aria-label", title);
  box.title = title;
  for (const [value, text] of options) {
    const option = make("option", "", text);
    option.value = value;
    option.selected = value === chosen;
    box.append(option);
  }
  box.addEventListener("change", () => changed(box.value));
  return box;
}
