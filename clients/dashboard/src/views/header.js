// The top line: what server this is, and whether it answers.

import { MISSING, formatCount } from "../format.js";
import { h, setAttribute, setHidden, setText } from "../dom.js";

const CONNECTION = {
  connecting: "connecting",
  online: "connected",
  offline: "no answer",
  refused: "error",
};

export function createHeader(root, banner) {
  const facts = h("p", { class: "facts" });
  const status = h("span", { role: "status", class: "connection", id: "connection" });
  root.append(h("h1", {}, "backpropd"), facts, status);
  return (state) => {
    setText(facts, state.info ? describe(state.info) : "");
    setText(status, CONNECTION[state.connection.status]);
    setAttribute(status, "data-status", state.connection.status);
    setAttribute(document.body, "data-connection", state.connection.status);
    updateBanner(banner, state.connection);
  };
}

function describe(info) {
  const threads = info.threads === 1 ? "1 thread" : `${formatCount(info.threads)} threads`;
  return [`version ${info.version ?? MISSING}`, info.isa, threads].filter(Boolean).join(" · ");
}

function updateBanner(banner, connection) {
  const wrong = connection.status === "offline" || connection.status === "refused";
  setHidden(banner, !wrong);
  setText(banner, wrong ? explain(connection) : "");
}

function explain({ status, message, retryInMs, lastAnswerAt }) {
  const what = status === "offline" ? "The server does not answer." : `The server answers with an error: ${message}.`;
  const asOf = lastAnswerAt ? ` What you see is from ${new Date(lastAnswerAt).toLocaleTimeString()}.` : "";
  return `${what} Trying again in ${retryInMs / 1000} s.${asOf}`;
}
