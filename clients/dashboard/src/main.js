// The dashboard: one state, views that show it, a poller that keeps it fresh. A chosen job is in the
// address (#/jobs/3), so that a link leads to it.

import "uplot/dist/uPlot.min.css";
import "./style.css";

import { api } from "./api.js";
import { Poller } from "./poller.js";
import { createState, jobFromHash } from "./state.js";
import { createDatasets, createModels } from "./views/catalogue.js";
import { createHeader } from "./views/header.js";
import { createJobDetail } from "./views/job_detail.js";
import { createJobList } from "./views/job_list.js";
import { createWelcome } from "./views/welcome.js";

const at = (id) => document.getElementById(id);

const state = createState();
const poller = new Poller(api, state);
const actions = {
  turnPage: (step) => poller.turnPage(step),
  act: (job, name) => poller.act(job, name),
};
const views = [
  createHeader(at("header"), at("banner")),
  createWelcome(at("welcome")),
  createJobList(at("jobs"), actions),
  createJobDetail(at("detail"), actions),
  createModels(at("models")),
  createDatasets(at("datasets")),
];

// Many changes, one drawing for each frame of the screen.
let scheduled = false;
function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    for (const view of views) view(state.get());
  });
}

// Not a jump to "#main": that would take the job out of the address.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  at("main").focus();
});

state.subscribe(schedule);
addEventListener("hashchange", () => poller.select(jobFromHash(location.hash)));
schedule();
poller.select(jobFromHash(location.hash));
