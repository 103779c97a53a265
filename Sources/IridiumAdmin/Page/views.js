// --- What the others hold --------------------------------------------------------------------------

// Rows and columns of the table, wrong entries that are named; how often members are asked, in ms.
const VIEWS = { most: 24, wrongs: 20, every: 10000, everyOfMany: 60000, many: 64, soon: 1500 };
let views = null, viewsAt = 0, asking = 0, shows = "state";

const askViews = async () => {
  clearTimeout(asking);
  if (!document.hidden) {
    try {
      views = await (await checked("/v1/views")).json();
      viewsAt = Date.now();
      drawViews();
    } catch (error) {
      if (error instanceof Locked) lock();
    }
  }
  asking = setTimeout(askViews, members.size > VIEWS.many ? VIEWS.everyOfMany : VIEWS.every);
};

// After a change, when its news has had time to go round.
const askViewsSoon = () => {
  if (members.size > VIEWS.many) return;
  clearTimeout(asking);
  asking = setTimeout(askViews, VIEWS.soon);
};

const drawAge = () => {
  if (!views) return;
  const counts = `${views.answered} of ${views.observers_asked} members answered`;
  const wrong = views.wrong === 0 ? "no entry is wrong" : views.wrong === 1 ? "1 entry is wrong" : `${views.wrong} entries are wrong`;
  const more = views.not_asked ? `; ${views.not_asked} more were not asked` : "";
  set($("views-summary"), `${counts}, ${wrong}${more} · asked ${span(Date.now() - viewsAt)} ago`);
};

// Entries of one observer that are wrong, in words.
const wrongsOf = observer => observer.rows.filter(row => row.wrong).map(row => ({ observer, row }))
  .concat(observer.unknown.map(name => ({ observer, row: { name, state: "unknown", for_ms: null } })));

const heldByOthers = id => {
  if (!views) return null;
  const states = new Map();
  for (const observer of views.observers.slice(1)) {
    const row = observer.rows.find(row => row.id === id);
    if (observer.answered && observer.id !== id) {
      const state = row ? row.state : "unknown";
      states.set(state, [...states.get(state) || [], observer.member]);
    }
  }
  return [...states].map(([state, names]) => names.length > 4 ? `${state} by ${names.length}` : `${state} by ${names.join(", ")}`).join("; ");
};

const drawViews = () => {
  drawAge();
  const observers = views.observers.map(observer => ({ ...observer, wrongs: wrongsOf(observer) }))
    .sort((a, b) => a.answered - b.answered || b.wrongs.length - a.wrongs.length);
  drawWrongs(observers);
  const columns = views.subjects.slice(0, VIEWS.most), lines = observers.slice(0, VIEWS.most);
  $("views").hidden = columns.length < 2;
  const corner = make("th", shows === "state" ? "Observer" : "From, in ms");
  corner.scope = "col";
  $("views-head").replaceChildren(make("tr"));
  $("views-head").firstChild.append(corner, ...columns.map(subject => {
    const head = make("th", subject.name);
    head.scope = "col";
    head.title = subject.name;
    return head;
  }));
  const slow = 4 * median(lines.flatMap(observer => observer.rows.map(row => row.rtt_ms).filter(time => time !== null)));
  $("views-body").replaceChildren(...lines.map(observer => {
    const line = make("tr"), head = make("th", observer.member);
    head.scope = "row";
    head.title = observer.member;
    line.append(head, ...columns.map(subject => cellOf(observer, subject, slow)));
    return line;
  }));
  const rest = Math.max(0, observers.length - lines.length), subjects = views.subjects.length + views.subjects_left_off - columns.length;
  $("views-more").hidden = rest === 0 && subjects === 0;
  set($("views-more"), `${rest} more observers and ${subjects} more members are not shown; wrong ones come first.`);
};

const drawWrongs = observers => {
  const silent = observers.filter(observer => !observer.answered);
  const wrongs = observers.flatMap(observer => observer.wrongs);
  const lines = silent.map(observer => [`${observer.member} did not answer: ${observer.problem}`, "suspect"])
    .concat(wrongs.map(({ observer, row }) => {
      const subject = views.subjects.find(subject => subject.id === row.id || subject.name === row.name);
      if (row.state === "unknown") return [`${observer.member} does not know ${row.name}, which is alive`, row.state];
      const since = row.for_ms === null ? "" : ` for ${span(row.for_ms)}`;
      return [`${observer.member} holds ${row.name} for ${row.state}${since}; ${subject ? subject.expected : "alive"} is expected`, row.state];
    }));
  $("wrongs").hidden = lines.length === 0;
  $("wrongs").replaceChildren(...lines.slice(0, VIEWS.wrongs).map(([text, state]) => {
    const line = make("li"), words = make("span", text, "state");
    words.dataset.state = state;
    line.append(words);
    return line;
  }));
  if (lines.length > VIEWS.wrongs) $("wrongs").append(make("li", `and ${lines.length - VIEWS.wrongs} more`));
};

const cellOf = (observer, subject, slow) => {
  const cell = make("td");
  if (!observer.answered) {
    cell.textContent = "–";
    cell.title = `${observer.member} did not answer`;
    return cell;
  }
  const row = observer.rows.find(row => row.id === subject.id);
  const state = row ? row.state : "unknown";
  const isWrong = row ? row.wrong : observer.unknown.includes(subject.name);
  if (isWrong) cell.className = "wrong";
  cell.title = `${observer.member} holds ${subject.name} for ${state}${row ? " for " + span(row.for_ms) : ""}${isWrong ? ", which is wrong" : ""}`;
  if (observer.id === subject.id && state === "alive") {
    cell.textContent = "·";
  } else if (shows === "rtt" && state === "alive") {
    cell.textContent = row.rtt_ms === null ? "–" : row.rtt_ms.toFixed(row.rtt_ms < 10 ? 2 : 0);
    if (row.rtt_ms > slow && row.rtt_ms > 1) cell.dataset.heat = "slow";
  } else {
    const mark = make("span", null, "state");
    mark.dataset.state = state;
    mark.append(state === "unknown" ? make("span", "?") : make("span", state, "unseen"));
    cell.append(mark);
  }
  return cell;
};

const median = values => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] || 0;

for (const kind of ["state", "rtt"]) $("show-" + kind).addEventListener("click", () => {
  shows = kind;
  for (const other of ["state", "rtt"]) $("show-" + other).setAttribute("aria-pressed", String(other === kind));
  if (views) drawViews();
});
