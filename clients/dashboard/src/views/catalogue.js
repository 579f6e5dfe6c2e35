// The models and the data sets: two tables of the same make.

import { h, keyedList, setHidden, setText } from "../dom.js";
import * as format from "../format.js";

const MODEL_COLUMNS = [
  ["Model", (model) => model.name],
  ["Layers", (model) => format.formatLayers(model.inputs, model.layers), "whole"],
  ["Activations", (model) => model.layers.map((layer) => layer.activation).join(", ")],
  ["Loss", (model) => String(model.loss).replaceAll("_", " ")],
  ["Parameters", (model) => format.formatCount(model.parameters), "number"],
  ["Trained", (model) => describeTraining(model)],
];

const DATASET_COLUMNS = [
  ["Data set", (dataset) => dataset.name],
  ["Rows", (dataset) => format.formatCount(dataset.rows), "number"],
  ["Features", (dataset) => format.formatCount(dataset.features), "number"],
  ["Target", (dataset) => format.formatList(dataset.targets, 3)],
  ["Classes", (dataset) => (dataset.classes?.length ? format.formatList(dataset.classes, 10, dataset.class_count) : "real values")],
];

function describeTraining(model) {
  const version = model.version ?? 0;
  return version > 0 ? `version ${format.formatCount(version)}` : "not yet";
}

export const createModels = (root) => createTable(root, "models", "Models", MODEL_COLUMNS);
export const createDatasets = (root) => createTable(root, "datasets", "Data sets", DATASET_COLUMNS);

function createTable(root, name, title, columns) {
  const head = h("tr", {}, ...columns.map(([label, , kind]) => h("th", { scope: "col", class: kind ?? "" }, label)));
  const body = h("tbody");
  const table = h("table", {}, h("thead", {}, head), body);
  const scroller = h("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": title }, table);
  const empty = h("p", { class: "muted" }, `No ${title.toLowerCase()} yet.`);
  const more = h("p", { class: "muted" }, `More ${title.toLowerCase()}: GET /v1/${name}`);
  root.append(h("div", { class: "title" }, h("h2", { id: `${name}-title` }, title)), scroller, empty, more);

  const update = keyedList(body, (item) => item.name, () => createRow(columns));
  return (state) => {
    const list = state[name];
    update(list.items);
    setHidden(scroller, list.items.length === 0);
    setHidden(empty, !list.loaded || list.items.length > 0);
    setHidden(more, !list.more);
  };
}

function createRow(columns) {
  const cells = columns.map(([, , kind], index) =>
    index === 0 ? h("th", { scope: "row" }) : h("td", { class: kind ?? "" }));
  const update = (item) => columns.forEach(([, show], index) => setText(cells[index], show(item)));
  return { node: h("tr", {}, ...cells), update };
}
