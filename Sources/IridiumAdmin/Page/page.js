"use strict";
// Rows, events and spans that are kept; the longest lane; how often round trips are read, in ms.
const LIMITS = { rows: 500, events: 200, spans: 60, minutes: 10, poll: 5000, pollOfMany: 30000, many: 500, trail: 20 };
const ORDER = { dead: 0, suspect: 1, alive: 2, left: 3 };
const members = new Map(), rows = new Map(), open = new Set();
// Changes of each member, and of all that are listed, newest last.
const trails = new Map(), listed = [];
const $ = id => document.getElementById(id);
let self = null, heardAt = 0, token = sessionStorage.getItem("token") || "", drawing = 0, polling = 0;

const make = (tag, text, kind) => {
  const node = document.createElement(tag);
  if (text !== undefined && text !== null) node.textContent = text;
  if (kind) node.className = kind;
  return node;
};
const span = ms => {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min";
  if (s < 172800) return Math.floor(s / 3600) + " h";
  return Math.floor(s / 86400) + " days";
};
const get = path => fetch(path, { headers: token ? { Authorization: "Bearer " + token } : {}, cache: "no-store" });

class Locked extends Error {}
const checked = async path => {
  const response = await get(path);
  if (response.status === 401) throw new Locked();
  if (!response.ok) throw new Error(path + ": " + response.status);
  return response;
};

// --- What is known ---------------------------------------------------------------------------------

const note = (id, facts, since) => {
  const old = members.get(id);
  const lane = old ? old.lane : laneOf(trails.get(id) || []);
  const last = lane[lane.length - 1];
  if (!last || last.state !== facts.state) {
    lane.push({ state: facts.state, from: last ? Math.max(since, last.from) : since, why: facts.why });
    if (lane.length > LIMITS.spans) lane.shift();
  } else if (since < last.from) {
    // The list knows since when; a snapshot does not.
    last.from = lane.length > 1 ? Math.max(since, lane[lane.length - 2].from) : since;
  }
  members.set(id, { ...old, ...facts, lane });
  return !old || old.state !== facts.state;
};

const laneOf = trail => trail.map(event => ({
  state: event.state, from: Date.parse(event.at), why: event.why ? event.why.text : null,
}));

// Whether a change is on the page already: the stream and the history tell it, each with a clock reading.
const isListed = event => listed.some(other => other.id === event.id && other.event === event.event &&
  other.incarnation === event.incarnation && Math.abs(Date.parse(other.at) - Date.parse(event.at)) < 2000);

const remember = event => {
  const trail = trails.get(event.id) || [];
  trail.push(event);
  if (trail.length > LIMITS.trail) trail.shift();
  trails.set(event.id, trail);
  listed.push(event);
  if (listed.length > LIMITS.events) listed.shift();
  list(event);
};

// What the agent has seen before this page, or while it was not connected.
const recall = async () => {
  const history = await (await checked("/v1/history")).json();
  for (const event of history.changes) if (!isListed(event)) remember(event);
};

const take = event => {
  const at = Date.parse(event.at) || Date.now();
  const changed = note(event.id, {
    name: event.member, state: event.state, address: event.address, incarnation: event.incarnation,
    boot: event.boot, tags: event.tags, metadata: event.metadata, since: at,
    why: event.why ? event.why.text : null,
    accusers: event.why ? event.why.accusers : [], tried: event.why ? event.why.tried : [],
  }, at);
  if (event.snapshot) return draw();
  if (changed) flash(event.id);
  if (!isListed(event)) remember(event);
  draw();
  askViewsSoon();
};

const poll = async () => {
  clearTimeout(polling);
  try {
    const [listing, status] = await Promise.all(
      [checked("/v1/members"), checked("/v1/self")].map(async answer => (await answer).json()));
    self = status;
    const seen = new Set();
    const now = Date.now();
    for (const member of listing.members) {
      seen.add(member.id);
      const old = members.get(member.id);
      // A change that the stream has told is newer than this answer may be.
      if (old && old.state !== member.state && now - old.since < 2000) continue;
      note(member.id, {
        name: member.name, state: member.state, address: member.address, rtt: member.rtt_ms,
        incarnation: member.incarnation, boot: member.boot, tags: member.tags,
        metadata: member.metadata, isSelf: member.self, since: now - member.for_ms,
        why: member.why ? member.why.text : null, accusers: member.why ? member.why.accusers : [],
      }, now - member.for_ms);
    }
    for (const id of [...members.keys()]) if (!seen.has(id)) forget(id);
    self.agreement = listing.agreement;
    heardAt = now;
    draw();
  } catch (error) {
    if (error instanceof Locked) lock();
  }
  polling = setTimeout(poll, members.size > LIMITS.many ? LIMITS.pollOfMany : LIMITS.poll);
};

const forget = id => {
  members.delete(id);
  open.delete(id);
};

// --- The stream ------------------------------------------------------------------------------------

let following = false;
const follow = async () => {
  // The stream stands; it was the list that needed the token.
  if (following) return poll();
  following = true;
  for (let tries = 0; ; tries += 1) {
    const patience = new AbortController();
    let watch = 0;
    try {
      const response = await fetch("/v1/events", {
        headers: token ? { Authorization: "Bearer " + token } : {}, cache: "no-store", signal: patience.signal,
      });
      if (response.status === 401) {
        following = false;
        return lock();
      }
      if (!response.ok) throw new Error(String(response.status));
      tries = 0;
      await recall();
      say("live", "live");
      poll();
      askViews();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      // A comment comes every 10 s.
      const heard = () => {
        heardAt = Date.now();
        clearTimeout(watch);
        watch = setTimeout(() => patience.abort(), 25000);
      };
      heard();
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        heard();
        text += value;
        const blocks = text.split("\n\n");
        text = blocks.pop();
        for (const block of blocks) {
          const data = block.split("\n").find(line => line.startsWith("data: "));
          if (data) take(JSON.parse(data.slice(6)));
        }
      }
    } catch (error) {
      if (String(error.message) === "429") say("wait", "eight pages follow this agent already");
    } finally {
      clearTimeout(watch);
      patience.abort();
    }
    if ($("live").dataset.state === "live") say("lost", "connection lost, trying again");
    await new Promise(go => setTimeout(go, Math.min(5000, 300 * 2 ** Math.min(tries, 5))));
  }
};

const say = (state, text) => {
  $("live").dataset.state = state;
  $("live").textContent = text;
};

const lock = () => {
  say("wait", "a token is needed");
  $("unlock").hidden = false;
};
$("unlock").addEventListener("submit", event => {
  event.preventDefault();
  token = $("token").value.trim();
  sessionStorage.setItem("token", token);
  $("unlock").hidden = true;
  follow();
});

// --- Drawing ---------------------------------------------------------------------------------------

const draw = () => {
  if (drawing) return;
  drawing = setTimeout(() => { drawing = 0; drawNow(); }, 30);
};

const drawNow = () => {
  drawFacts();
  measureLanes();
  const words = $("filter").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...members.entries()].filter(([, member]) => {
    const text = [member.name, member.state, member.address, ...tagsOf(member)].join(" ").toLowerCase();
    return words.every(word => text.includes(word));
  });
  found.sort(([, a], [, b]) => ORDER[a.state] - ORDER[b.state] || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const body = $("members");
  const shown = found.slice(0, LIMITS.rows);
  const kept = new Set(shown.map(([id]) => id));
  for (const [id, row] of rows) if (!kept.has(id)) { row.main.remove(); row.detail.remove(); rows.delete(id); }
  let place = body.firstElementChild;
  for (const [id, member] of shown) {
    const row = rows.get(id) || addRow(id);
    fill(row, id, member);
    if (place === row.main) { place = row.detail.nextElementSibling; continue; }
    body.insertBefore(row.main, place);
    body.insertBefore(row.detail, place);
  }
  $("more").hidden = found.length > 0 && found.length <= LIMITS.rows;
  $("more").textContent = found.length === 0
    ? (members.size ? "No member has this text." : "No member is known yet.")
    : `${found.length - LIMITS.rows} more: narrow them down by the text above.`;
};

const tagsOf = member => Object.entries(member.tags || {}).map(([key, value]) => key + "=" + value);

const addRow = id => {
  const main = make("tr"), detail = make("tr", null, "detail");
  const cells = ["", "how", "address", "number", "number wide", "wide", "tags"].map(kind => make("td", null, kind));
  const button = make("button", null, "name");
  button.type = "button";
  button.addEventListener("click", () => {
    if (!open.delete(id)) open.add(id);
    drawNow();
  });
  const me = make("span", " this node", "self");
  cells[0].append(button, me);
  const state = make("span", null, "state");
  const why = make("div", null, "why");
  cells[1].append(state, why);
  const lane = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  lane.setAttribute("class", "lane");
  lane.setAttribute("viewBox", "0 0 600 12");
  lane.setAttribute("preserveAspectRatio", "none");
  lane.setAttribute("role", "img");
  cells[5].append(lane);
  main.append(...cells);
  main.addEventListener("animationend", () => main.classList.remove("changed"));
  const box = make("td");
  box.colSpan = 7;
  const facts = make("dl");
  const trail = make("ol", null, "trail");
  box.append(facts, trail);
  detail.append(box);
  detail.id = "detail-" + id;
  button.setAttribute("aria-controls", detail.id);
  const row = { main, detail, cells, button, me, state, why, lane, facts, trail };
  rows.set(id, row);
  return row;
};

const set = (node, text) => { if (node.textContent !== text) node.textContent = text; };

const fill = (row, id, member) => {
  set(row.button, member.name);
  row.me.hidden = !member.isSelf;
  row.main.dataset.state = member.state;
  row.state.dataset.state = member.state;
  set(row.state, member.state);
  const reason = member.state === "alive" ? "" : member.why || "";
  set(row.why, reason);
  set(row.cells[2], member.address);
  set(row.cells[3], typeof member.rtt === "number" && (member.state === "alive" || member.state === "suspect") ? member.rtt.toFixed(member.rtt < 10 ? 2 : 0) + " ms" : "");
  set(row.cells[4], span(Date.now() - member.since));
  set(row.cells[6], tagsOf(member).join(" ") || member.metadata || "");
  drawLane(row.lane, member.lane);
  const isOpen = open.has(id);
  row.button.setAttribute("aria-expanded", String(isOpen));
  row.detail.hidden = !isOpen;
  if (!isOpen) return;
  const facts = [["id", id], ["boot", member.boot], ["incarnation", member.incarnation],
    ["state", `${member.state} for ${span(Date.now() - member.since)}`], ["reason", member.why],
    ["accused by", (member.accusers || []).join(", ")], ["tried", (member.tried || []).join(", ")],
    ["metadata", member.metadata]].filter(([, value]) => value !== null && value !== undefined && value !== "");
  const held = heldByOthers(id);
  if (held) facts.push(["held by others", held]);
  row.facts.replaceChildren(...facts.flatMap(([name, value]) => [make("dt", name), make("dd", String(value))]));
  row.trail.replaceChildren(...(trails.get(id) || []).toReversed().map(event => {
    const line = make("li"), time = make("time", new Date(event.at).toTimeString().slice(0, 8));
    time.dateTime = event.at;
    const why = event.why, tried = why && why.tried.length ? `; tried ${why.tried.join(", ")}` : "";
    line.append(time, `${event.event}${why ? ": " + why.text : ""}${tried}`);
    return line;
  }));
};

// The lanes begin with the oldest change, and show a minute at least and ten at most.
let laneMinutes = 1;
const measureLanes = () => {
  let oldest = Date.now();
  for (const member of members.values()) oldest = Math.min(oldest, member.lane[0].from);
  laneMinutes = Math.min(LIMITS.minutes, Math.max(1, Math.ceil((Date.now() - oldest) / 60000)));
  set($("lane-title"), laneMinutes === 1 ? "Last minute" : `Last ${laneMinutes} minutes`);
};

const drawLane = (lane, spans) => {
  const now = Date.now(), begin = now - laneMinutes * 60000, unit = laneMinutes * 100;
  const bars = spans.map((each, index) => {
    const from = Math.max(begin, each.from), to = index + 1 < spans.length ? spans[index + 1].from : now;
    if (to <= begin) return null;
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    bar.setAttribute("class", each.state);
    bar.setAttribute("x", ((from - begin) / unit).toFixed(1));
    bar.setAttribute("width", Math.max(3, (to - from) / unit).toFixed(1));
    bar.setAttribute("height", "12");
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = `${each.state} from ${new Date(each.from).toTimeString().slice(0, 8)}${each.why ? ": " + each.why : ""}`;
    bar.append(title);
    return bar;
  }).filter(Boolean);
  lane.replaceChildren(...bars);
  lane.setAttribute("aria-label", spans.map(each => each.state).join(", then "));
};

const drawFacts = () => {
  const counts = { alive: 0, suspect: 0, dead: 0, left: 0 };
  for (const member of members.values()) counts[member.state] += 1;
  const facts = [["Alive", counts.alive, ""], ["Suspect", counts.suspect, ""], ["Dead", counts.dead, ""], ["Left", counts.left, ""]];
  if (self) {
    set($("cluster"), self.cluster ? `Cluster “${self.cluster}”` : "Cluster off");
    set($("node"), `seen by ${self.node} on ${self.address || "-"}, iridium ${self.version} ·`);
    document.title = `${self.cluster || "off"}: ${counts.alive} alive`;
    const agreement = self.agreement || { agreeing: 0, of: 0 };
    facts.push(["Views", agreement.of <= 1 ? "alone" : agreement.agreeing === agreement.of ? "agree" : "differ", agreement.of > 1 ? `${agreement.agreeing} of ${agreement.of}` : ""]);
    facts.push(["Health of this node", self.health === 0 ? "well" : "slow", self.health === 0 ? "" : `level ${self.health}`]);
    facts.push(["Up", span(self.uptime_ms), ""]);
  }
  const box = $("facts");
  facts.forEach(([name, value, more], index) => {
    const item = box.children[index] || box.appendChild(make("div"));
    const text = `${value}`;
    if (item.dataset.text === name + text + more) return;
    item.dataset.text = name + text + more;
    item.dataset.state = value === "differ" || value === "slow" ? "suspect" : value > 0 ? name.toLowerCase() : "";
    const dd = make("dd", text);
    if (more) dd.append(" ", make("small", more));
    item.replaceChildren(make("dt", name), dd);
  });
};

const list = event => {
  const line = make("li");
  const time = make("time", new Date(event.at).toTimeString().slice(0, 8));
  time.dateTime = event.at;
  const state = make("span", event.event, "state");
  state.dataset.state = event.event === "updated" ? "" : event.state;
  line.append(time, make("span", event.member, "who"), state,
    make("span", event.why ? event.why.text : event.changed.join(", "), "why"));
  const box = $("events");
  box.prepend(line);
  while (box.children.length > LIMITS.events) box.lastElementChild.remove();
  $("quiet").hidden = true;
};

const flash = id => {
  const row = rows.get(id);
  if (!row) return;
  row.main.classList.remove("changed");
  requestAnimationFrame(() => row.main.classList.add("changed"));
};

$("filter").addEventListener("input", draw);
setInterval(() => {
  const age = Date.now() - heardAt;
  set($("age"), heardAt && age > 12000 ? `· data ${span(age)} old` : "");
  if (!document.hidden) {
    draw();
    drawAge();
  }
}, 1000);
follow();
