/* Jobs: files that are checked, and outputs that are made, with progress and a way to stop. */
"use strict";

const OVER = new Set(["done", "failed", "cancelled"]);
const FILE_OF = { report: "report.docx", xlsx: "result.xlsx", gpkg: "result.gpkg", map: "map.html", csv: "results.zip", parquet: "results.zip" };
const ORDER = ["report", "xlsx", "gpkg", "map", "csv", "parquet"];
const POLL_MS = 400;

/* Follow a job to its end. watch: called with each state; stop: a signal that deletes the job. */
async function follow(job, watch, stop) {
  let state = job;
  watch(state);
  while (!OVER.has(state.state)) {
    await new Promise((done) => setTimeout(done, POLL_MS));
    if (stop.aborted) {
      await ask(`/api/jobs/${job.id}`, { method: "DELETE" }).catch(() => null);
      throw new DOMException("stopped", "AbortError");
    }
    state = await ask(`/api/jobs/${job.id}`);
    watch(state);
  }
  return state;
}

function progressText(state) {
  if (state.state === "screening" && state.rows === null) return say("job_screened", { done: number(state.rows_done, 0) });
  if (state.state === "screening") return say("job_screening", { done: number(state.rows_done, 0), all: number(state.rows || 0, 0) });
  return say(`job_${state.state}`);
}

/* A bar that tells how far a job is, with a button to stop it. */
function progressBox(onStop) {
  const text = make("span", "");
  const bar = make("progress", "");
  bar.setAttribute("aria-label", say("checking"));
  const box = make("div", "progress", text, bar, button("plain", say("job_cancel"), onStop));
  box.setAttribute("role", "status");
  return {
    box,
    watch(state) {
      text.textContent = progressText(state);
      if (state.state === "screening" && state.rows) {
        bar.max = state.rows;
        bar.value = state.rows_done;
      } else bar.removeAttribute("value");
    },
  };
}

/* The downloads of what is asked about now: made when they are wanted. */
class Downloads {
  constructor(begin) {
    this.begin = begin;
    this.box = make("section", "downloads");
    this.links = new Map();
  }

  reset(outputs) {
    if (this.stop) this.stop.abort();
    this.links.clear();
    this.outputs = ORDER.filter((one) => outputs.includes(one));
    this.paint();
  }

  paint() {
    const buttons = this.outputs.map((output) => {
      const link = this.links.get(output);
      const one = button("download", say(`output_${output}`), () => (link ? fetchFile(link) : this.make(output)));
      one.dataset.output = output;
      if (link) one.classList.add("ready");
      return one;
    });
    this.status = make("div", "");
    this.box.replaceChildren(make("h2", "", say("downloads")), make("div", "chips", ...buttons), this.status);
  }

  async make(output) {
    if (this.stop) this.stop.abort();
    const stop = new AbortController();
    this.stop = stop;
    const { box, watch } = progressBox(() => stop.abort());
    this.status.replaceChildren(box);
    try {
      const state = await follow(await this.begin(output, stop.signal), watch, stop.signal);
      if (state.error) throw new Refused(state.error[Words.lang]);
      const link = `/api/jobs/${state.id}/files/${FILE_OF[output]}`;
      this.links.set(output, link);
      this.paint();
      fetchFile(link);
    } catch (fault) {
      if (stop === this.stop) this.status.replaceChildren(fault.name === "AbortError" ? make("p", "note", say("job_cancelled")) : faultNode(fault));
    }
  }
}

function faultNode(fault) {
  const node = make("p", "fault", isolated(fault instanceof Refused ? fault.message : say("no_answer")));
  node.setAttribute("role", "alert");
  return node;
}

function fetchFile(link) {
  const anchor = make("a", "");
  anchor.href = link;
  anchor.download = "";
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}
