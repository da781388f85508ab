// Tool results as things to use. Each card is a function of its result; `on` holds what its buttons do.
const CARDS = {
  lookup_segment: segmentCard, list_customers: customerCard, recommend_gifts: giftCard,
  check_compliance: complianceCard, draft_invitation: invitationCard,
};
const card = (kind, title, ...content) => h("section", { class: `card ${kind}`, "aria-label": title }, h("h3", {}, title), ...content);
const pill = (text, kind = "") => h("span", { class: `pill ${kind}` }, text);
const button = (text, onclick, kind = "") => h("button", { type: "button", class: `button ${kind}`, onclick }, text);
const facts = (pairs) => h("dl", { class: "facts" }, pairs.filter(([, v]) => v).map(([k, v]) => h("div", {}, h("dt", {}, k), h("dd", {}, v))));
const bullets = (items, kind = "") => items.length > 0 && h("ul", { class: kind }, items.map((item) => h("li", {}, item)));
const part = (title, ...content) => h("div", { class: "part" }, h("h4", {}, title), ...content);
const folded = (title, ...content) => h("details", {}, h("summary", {}, title), ...content);
const yuan = (value, t) => (value === null || value === undefined ? "" : t("yuan", { n: money(value) }));

function segmentCard(r, t, on) {
  const { rfm, activity = [] } = r;
  return card("segment", r.name,
    h("p", { class: "pills" }, r.tier_label && pill(r.tier_label, "strong"), (r.labels || []).filter((l) => l !== r.tier_label).slice(0, 6).map((l) => pill(l))),
    facts([[t("assets"), yuan(r.assets, t)]]),
    (r.churn_signals || []).length > 0 && h("p", { class: "signal" }, h("strong", {}, t("signals")), r.churn_signals.join("；")),
    h("div", { class: "pair" }, rfm && part(t("rfm"), rfmBars(rfm, t)), activity.length > 1 && part(t("activity"), sparkline(activity, t))),
    (r.next_actions || []).length > 0 && part(t("next"), bullets(r.next_actions.map((a) => a.text), "next-actions")),
    (r.restrictions || []).length > 0 && part(t("never"), bullets(r.restrictions.map((x) => [x.text, " ", h("span", { class: "muted" }, basisOf(x))]), "never")),
    (r.evidence || []).length > 0 && folded(t("evidence"), bullets(r.evidence.map((e) => `${e.label}：${e.value}${e.as_of ? `（${e.as_of}）` : ""}`))));
}
function rfmBars(rfm, t) {
  const rows = [["R", "recency", t("ago", { n: rfm.recency_days ?? "—" })], ["F", "frequency", t("times", { n: rfm.transactions_12m ?? "—" })], ["M", "monetary", yuan(rfm.amount_12m, t)]];
  const label = rows.map(([, key, fact]) => `${t(key)} ${rfm[key]}/5（${fact}）`).join("，");
  return h("div", { class: "bars", role: "img", "aria-label": label }, rows.map(([letter, key, fact]) =>
    [h("span", {}, `${letter} ${t(key)}`), h("meter", { min: 0, max: 5, value: rfm[key] }), h("span", { class: "muted" }, fact)]));
}
function sparkline(activity, t) {
  const top = Math.max(1, ...activity.map((m) => m.count));
  const points = activity.map((m, i) => `${(i / (activity.length - 1)) * 200},${38 - (m.count / top) * 34}`).join(" ");
  const label = `${t("activity")}: ${activity.map((m) => `${m.month} ${m.count}`).join(", ")}`;
  const ends = [activity[0], activity.at(-1)].map((m) => h("span", {}, `${m.month} · ${m.count}`));
  return h("div", {}, h("svg", { viewBox: "0 0 200 40", class: "spark", role: "img", "aria-label": label, preserveAspectRatio: "none" },
    h("polygon", { points: `0,40 ${points} 200,40` }), h("polyline", { points })), h("div", { class: "row muted" }, ends));
}
function customerCard(r, t, on) {
  const columns = [["name", "name"], ["tier", "tier_label"], ["lifecycle", "lifecycle_label"], ["assets", "assets"]];
  const bodies = r.customers.map((c) => [c, h("tbody", {}, h("tr", {},
    h("td", {}, h("button", { type: "button", class: "link", "aria-label": t("openCustomer", { name: c.name }), onclick: () => on.ask(t("askTier", { who: called(c, r.customers) })) }, c.name)),
    h("td", {}, c.tier_label), h("td", {}, c.lifecycle_label), h("td", { class: "number" }, money(c.assets))),
    c.reason && h("tr", { class: "why-now" }, h("td", { colSpan: 4 }, c.reason)))]);
  const order = (a, b, key) => (key === "assets" ? b.assets - a.assets : String(a[key]).localeCompare(String(b[key]), "zh"));
  const heads = columns.map(([word, key]) => h("th", { scope: "col", class: key === "assets" && "number" }, h("button", { type: "button", class: "sort", onclick: () => sort(key) }, t(word))));
  const table = h("table", {}, h("thead", {}, h("tr", {}, heads)), bodies.map(([, body]) => body));
  let by = "", turned = false;
  const sort = (key) => {
    turned = by === key && !turned;
    by = key;
    bodies.sort(([a], [b]) => (turned ? -1 : 1) * order(a, b, key));
    table.append(...bodies.map(([, body]) => body));
    heads.forEach((head, i) => (columns[i][1] === key ? head.setAttribute("aria-sort", turned === (key === "assets") ? "ascending" : "descending") : head.removeAttribute("aria-sort")));
  };
  const title = t("customers", { n: r.total }) + (r.total > r.customers.length ? t("shown", { n: r.customers.length }) : "");
  return card("customers", title, r.customers.length > 0 && h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": title }, table));
}
function giftCard(r, t, on, args) {
  const to = args?.customer ? t("giftTo", { who: args.customer }) : "";
  const gift = (g) => h("li", {},
    h("div", { class: "row" }, h("strong", {}, g.name), pill(yuan(g.price, t), "strong")),
    h("div", { class: "muted" }, `${g.category} · ${g.fulfilment} · ${t("stock")} ${g.stock}`),
    // Each reason ends in its points: the words come first, the sum stands behind them.
    h("p", {}, (g.why || []).slice(0, 2).map((why) => why.replace(/（[^（）]*分）$/, "")).join("；")),
    bullets(g.cautions || [], "cautions"),
    h("div", { class: "row" }, folded(t("why_gift", { n: g.score }), bullets(g.why || [])),
      h("button", { type: "button", class: "button", "aria-label": `${t("useGift")}：${g.name}`, onclick: () => on.insert(t("giftDraft", { gift: g.name, to })) }, t("useGift"))));
  return card(`gifts ${r.decision}`, [r.recipient, t(r.decision)].filter(Boolean).join(" · "),
    r.decision !== "refused" && facts([[t("limit"), yuan(r.limits?.per_gift, t)], [t("left"), yuan(r.limits?.remaining_this_year, t)]]),
    bullets((r.reasons || []).map((x) => [x.text, " ", h("span", { class: "muted" }, basisOf(x))]), "reasons"),
    (r.items || []).length > 0 && h("ol", { class: "gift-list" }, r.items.map(gift)),
    (r.alternatives || []).length > 0 && part(t("alternatives"), bullets(r.alternatives)));
}
function complianceCard(r, t, on, args) {
  const text = args?.text ?? "", findings = r.findings || [], missing = r.missing || [];
  const [before, after] = r.revised_text ? difference(text, r.revised_text) : [[[text, false]], null];
  const told = (f, heading) => h("li", { class: f.severity }, heading, h("div", {}, f.reason), f.suggestion && h("div", {}, h("strong", {}, `${t("suggestion")} `), f.suggestion), basisOf(f) && h("div", { class: "muted" }, `${t("basis")}：${basisOf(f)}`));
  return card(`compliance ${r.verdict}`, t(r.verdict, { n: findings.length + missing.length }),
    h("div", { class: "pair" }, part(t("original"), original(before, findings, t)),
      after && part(t("revised"), h("p", { class: "copy" }, after.map(([words, added]) => (added ? h("ins", {}, words) : words))))),
    r.revised_text && h("div", { class: "actions" }, button(t("apply"), () => on.apply(r.revised_text), "primary"), button(t("copyClean"), () => on.copy(r.revised_text))),
    !r.revised_text && r.revision_note && h("p", { class: "muted" }, r.revision_note),
    findings.length > 0 && h("ol", { class: "findings" }, findings.map((f) => told(f, h("q", {}, f.text)))),
    missing.length > 0 && part(t("missing"), h("ul", { class: "findings" }, missing.map((m) => told(m)))));
}
const basisOf = (x) => (x.basis || []).map((b) => `${b.instrument.includes("《") ? b.instrument : `《${b.instrument}》`}${b.article || ""}`).join("；");
let tips = 0;
// The checked copy: findings underlined by severity, what the correction drops struck out, and the law behind a mark on hover and on focus.
function original(pieces, findings, t) {
  const tip = h("span", { class: "basis", role: "tooltip", id: `basis-${++tips}`, hidden: true });
  const hide = () => { tip.hidden = true; };
  const mark = (f, content) => {
    const show = () => {
      tip.replaceChildren(h("strong", {}, f.text), ` ${f.reason} `, h("span", { class: "muted" }, `${t("basis")}：${basisOf(f)}`));
      tip.hidden = false;
      node.setAttribute("aria-describedby", tip.id);
    };
    const node = h("mark", { class: f.severity, tabIndex: 0, onfocus: show, onmouseenter: show, onblur: hide }, content);
    return node;
  };
  // Offsets count code points, as Python does; JavaScript counts UTF-16 units.
  let at = 0;
  const runs = pieces.flatMap(([words, dropped]) => [...words].map((c) => ({ c, dropped })));
  const stretch = (from, to) => {
    const out = [];
    for (const { c, dropped } of runs.slice(from, to)) {
      const last = out.at(-1);
      if (last?.dropped === dropped) last.text += c;
      else out.push({ dropped, text: c });
    }
    return out.map((run) => (run.dropped ? h("del", {}, run.text) : run.text));
  };
  const content = [];
  for (const f of [...findings].sort((a, b) => a.start - b.start)) {
    if (f.start < at) continue;
    content.push(stretch(at, f.start), mark(f, stretch(f.start, f.end)));
    at = f.end;
  }
  return h("p", { class: "copy", onmouseleave: hide }, content, stretch(at), tip);
}
// Both texts in pieces, each with whether the other lacks it: longest common subsequence by character.
function difference(before, after) {
  const a = [...before], b = [...after];
  // Long texts are shown without marks rather than slowly.
  if (a.length * b.length > 400000) return [[[before, false]], [[after, false]]];
  const lcs = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) lcs[i][j] = a[i] === b[j] ? lcs[i + 1][j + 1] + 1 : Math.max(lcs[i + 1][j], lcs[i][j + 1]);
  const left = [], right = [];
  const push = (out, c, alone) => (out.at(-1)?.[1] === alone ? (out.at(-1)[0] += c) : out.push([c, alone]));
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) { push(left, a[i++], false); push(right, b[j++], false); }
    else if (j >= b.length || (i < a.length && lcs[i + 1][j] >= lcs[i][j + 1])) push(left, a[i++], true);
    else push(right, b[j++], true);
  }
  return [left, right];
}
// What the customer will see: a letter and a mail as a sheet with its subject, everything else as a message on a phone.
function preview(v, t) {
  const [, subject, body] = /^(?:主题|Subject)[:：]\s*(.*)\n([^]*)$/.exec(v.text) ?? [null, null, v.text];
  return [h("p", { class: "muted" }, VALUES[t.lang][v.channel] ?? v.channel.replace(/_/g, " ")), h("div", { class: "bubble" }, subject && h("strong", { class: "subject" }, subject),
    body.split(/\n{2,}/).map((p) => h("p", {}, p)))];
}
function invitationCard(r, t, on, args) {
  if (r.variants.length === 0) return card("invitation", t("invitation"), bullets(r.notices || []));
  let shown = 0;
  const screen = h("div", {}), about = h("p", { class: "pills" });
  const tabs = h("div", { class: "tabs", role: "group", "aria-label": t("invitation") });
  const show = (i) => {
    shown = i;
    const v = r.variants[i];
    screen.className = `phone ${v.channel}`;
    screen.replaceChildren(...preview(v, t));
    about.replaceChildren(...[t("length", { n: v.characters }), v.sms_segments && t("parts", { n: v.sms_segments })].filter(Boolean).map((text) => pill(text)),
      pill(t(v.compliance.verdict, { n: v.compliance.findings.length + v.compliance.missing.length }), v.compliance.verdict));
    [...tabs.children].forEach((b, k) => b.setAttribute("aria-pressed", String(k === i)));
  };
  if (r.variants.length > 1) tabs.append(...r.variants.map((_, i) => button(t("variant", { n: i + 1 }), () => show(i))));
  show(0);
  return card("invitation", [t("invitation"), r.recipient].filter(Boolean).join(" · "), r.variants.length > 1 && tabs, screen, about,
    (r.missing_details || []).length > 0 && h("p", { class: "signal" }, h("strong", {}, t("toFill")), r.missing_details.join("、")), bullets(r.notices || [], "cautions"),
    h("div", { class: "actions" }, button(t("copy"), () => on.copy(r.variants[shown].text), "primary"), button(t("calendar"), () => on.calendar(args))),
    (r.follow_ups || []).length > 0 && folded(t("followUps"), bullets(r.follow_ups.map((f) => `${f.when}：${f.action}`))));
}
