// Tool results as things to use. Each card is a function of its result; `on` holds what its buttons do.
const CARDS = {
  lookup_segment: segmentCard, list_customers: customerCard, recommend_gifts: giftCard,
  check_compliance: complianceCard, draft_invitation: invitationCard,
};
const card = (kind, title, ...content) => h("section", { class: `card ${kind}`, "aria-label": title }, h("h3", {}, title), ...content);
const pill = (text, kind = "") => h("span", { class: `pill ${kind}` }, text);
const button = (text, onclick, kind = "") => h("button", { type: "button", class: `button ${kind}`, onclick }, text);
const facts = (pairs) => h("dl", { class: "facts" }, pairs.filter(([, v]) => v).map(([k, v]) => [h("dt", {}, k), h("dd", {}, v)]));
const bullets = (items, kind = "") => items.length > 0 && h("ul", { class: kind }, items.map((item) => h("li", {}, item)));

function segmentCard(r, t, on) {
  const bars = r.rfm && h("div", { class: "bars", role: "img", "aria-label": `${t("rfm")} ${r.rfm.recency} ${r.rfm.frequency} ${r.rfm.monetary}` },
    [["R", r.rfm.recency], ["F", r.rfm.frequency], ["M", r.rfm.monetary]].map(([name, score]) =>
      h("div", { class: "bar" }, h("span", {}, name), h("meter", { min: 0, max: 5, value: score }), h("span", {}, String(score)))));
  return card("segment", r.name,
    h("p", { class: "pills" }, r.tier_label && pill(r.tier_label, "strong"), (r.labels || []).filter((l) => l !== r.tier_label).slice(0, 6).map((l) => pill(l))),
    facts([[t("assets"), r.assets !== null && `${money(r.assets)} 元`]]), bars, sparkline(r.activity || [], t),
    (r.next_actions || []).length > 0 && h("div", {}, h("h4", {}, t("next")), bullets(r.next_actions.map((a) => a.text))),
    (r.restrictions || []).length > 0 && h("div", { class: "never" }, h("h4", {}, t("never")), bullets(r.restrictions.map((x) => x.text))),
    (r.evidence || []).length > 0 && h("details", {}, h("summary", {}, t("evidence")), bullets(r.evidence.map((e) => `${e.label}：${e.value}${e.as_of ? `（${e.as_of}）` : ""}`))));
}
function sparkline(activity, t) {
  if (activity.length < 2) return null;
  const top = Math.max(1, ...activity.map((m) => m.count));
  const points = activity.map((m, i) => `${(i / (activity.length - 1)) * 200},${38 - (m.count / top) * 34}`).join(" ");
  const label = `${t("activity")}: ${activity.map((m) => `${m.month} ${m.count}`).join(", ")}`;
  return h("svg", { viewBox: "0 0 200 40", class: "spark", role: "img", "aria-label": label, preserveAspectRatio: "none" }, h("polyline", { points }));
}
function customerCard(r, t, on) {
  let rows = [...r.customers], down = false;
  const body = h("tbody");
  const fill = () => body.replaceChildren(...rows.map((c) => h("tr", {},
    h("td", {}, h("button", { type: "button", class: "link", "aria-label": t("openCustomer", { name: c.name }), onclick: () => on.ask(`${c.name}是什么层级？`) }, c.name)),
    h("td", {}, c.tier_label), h("td", {}, c.lifecycle_label), h("td", { class: "number" }, money(c.assets)), h("td", {}, c.reason))));
  const sort = (key) => () => { down = !down; rows.sort((a, b) => (down ? 1 : -1) * (key === "assets" ? b.assets - a.assets : String(a[key]).localeCompare(String(b[key]), "zh"))); fill(); };
  fill();
  const head = [["name", "name"], ["tier", "tier_label"], ["lifecycle", "lifecycle_label"], ["assets", "assets"], ["reason", "reason"]];
  return card("customers", t("customers", { n: r.total }), h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("customers", { n: r.total }) }, h("table", {},
    h("thead", {}, h("tr", {}, head.map(([word, key]) => h("th", { scope: "col" }, h("button", { type: "button", class: "link", onclick: sort(key) }, t(word)))))), body)));
}
function giftCard(r, t, on) {
  return card("gifts", `${r.recipient || ""} ${t(r.decision)}`.trim(),
    bullets((r.reasons || []).map((x) => x.text), "reasons"),
    facts([[t("limit"), r.limits?.per_gift && `${money(r.limits.per_gift)} 元`], [t("left"), r.limits?.remaining_this_year && `${money(r.limits.remaining_this_year)} 元`]]),
    h("ol", { class: "gift-list" }, (r.items || []).map((g) => h("li", {},
      h("div", { class: "row" }, h("strong", {}, g.name), pill(`${money(g.price)} 元`, "strong")),
      h("div", { class: "muted" }, `${g.category} · ${g.fulfilment} · ${t("stock")} ${g.stock}`),
      bullets(g.why || []), bullets(g.cautions || [], "cautions"),
      button(t("useGift"), () => on.draft(t("giftDraft", { gift: g.name })))))),
    (r.alternatives || []).length > 0 && h("div", {}, h("h4", {}, t("alternatives")), bullets(r.alternatives)));
}
function complianceCard(r, t, on, args) {
  const text = args?.text ?? "", count = (r.findings || []).length + (r.missing || []).length, tip = basisTip(t);
  return card(`compliance ${r.verdict}`, t(r.verdict, { n: count }),
    h("h4", {}, t("original")), h("p", { class: "copy" }, marked(text, r.findings || [], tip)), tip.node,
    h("ol", { class: "findings" }, (r.findings || []).map((f) => h("li", { class: f.severity }, h("q", {}, f.text), ` ${f.reason}`,
      h("div", { class: "muted" }, `${t("basis")}：${basisOf(f)}`), f.suggestion && h("div", {}, `${t("suggestion")}：${f.suggestion}`)))),
    (r.missing || []).length > 0 && h("div", {}, h("h4", {}, t("missing")), bullets(r.missing.map((m) => `${m.reason} ${m.suggestion}（${basisOf(m)}）`))),
    r.revised_text && h("div", {}, h("h4", {}, t("revised")), h("p", { class: "copy" }, difference(text, r.revised_text)),
      h("div", { class: "actions" }, button(t("copyClean"), () => on.copy(r.revised_text)), button(t("apply"), () => on.insert(r.revised_text), "primary"))),
    !r.revised_text && r.revision_note && h("p", { class: "muted" }, r.revision_note));
}
const basisOf = (x) => (x.basis || []).map((b) => `${b.instrument.includes("《") ? b.instrument : `《${b.instrument}》`}${b.article || ""}`).join("；");
function basisTip(t) {
  // Which law stands behind a marked passage, told on hover and on focus.
  const node = h("p", { class: "basis", role: "status", hidden: true });
  const show = (f) => () => { node.textContent = `“${f.text}” ${f.reason} ${t("basis")}：${basisOf(f)}`; node.hidden = false; };
  return { node, show };
}
function marked(text, findings, tip) {
  // Offsets count code points, as Python does; JavaScript counts UTF-16 units.
  const points = [...text], parts = [];
  let at = 0;
  for (const f of [...findings].sort((a, b) => a.start - b.start)) {
    if (f.start < at) continue;
    parts.push(points.slice(at, f.start).join(""), h("mark", { class: f.severity, tabIndex: 0, onfocus: tip.show(f), onmouseenter: tip.show(f) }, points.slice(f.start, f.end).join("")));
    at = f.end;
  }
  return [...parts, points.slice(at).join("")];
}
function difference(before, after) {
  // Longest common subsequence by character; long texts are shown without marks rather than slowly.
  const a = [...before], b = [...after];
  if (a.length * b.length > 400000) return [after];
  const lcs = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) lcs[i][j] = a[i] === b[j] ? lcs[i + 1][j + 1] + 1 : Math.max(lcs[i + 1][j], lcs[i][j + 1]);
  const out = [];
  const push = (tag, c) => (out.at(-1)?.tag === tag ? (out.at(-1).text += c) : out.push({ tag, text: c }));
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) { push("", a[i]); i++; j++; }
    else if (j >= b.length || (i < a.length && lcs[i + 1][j] >= lcs[i][j + 1])) push("del", a[i++]);
    else push("ins", b[j++]);
  }
  return out.map(({ tag, text }) => (tag ? h(tag, {}, text) : text));
}
function invitationCard(r, t, on, args) {
  if (r.variants.length === 0) return card("invitation", t("draft_invitation"), bullets(r.notices || []));
  let shown = 0;
  const preview = h("div", { class: `phone ${r.variants[0].channel}` }), about = h("p", { class: "muted" });
  const tabs = h("div", { class: "tabs", role: "group", "aria-label": t("draft_invitation") });
  const show = (i) => {
    shown = i;
    const v = r.variants[i];
    preview.replaceChildren(...v.text.split(/\n{2,}/).map((p) => h("p", { class: "bubble" }, p)));
    about.textContent = `${t("characters")} ${v.characters}${v.sms_segments ? ` · ${t("segments")} ${v.sms_segments}` : ""}`;
    [...tabs.children].forEach((b, k) => b.setAttribute("aria-pressed", String(k === i)));
  };
  if (r.variants.length > 1) tabs.append(...r.variants.map((_, i) => button(t("variant", { n: i + 1 }), () => show(i))));
  show(0);
  return card("invitation", `${r.recipient || ""} ${t("draft_invitation")}`.trim(), r.variants.length > 1 && tabs, preview, about,
    bullets(r.notices || [], "cautions"), bullets((r.missing_details || []).map((m) => `${m}`), "muted"),
    h("div", { class: "actions" }, button(t("copy"), () => on.copy(r.variants[shown].text), "primary"), button(t("calendar"), () => on.calendar(args))),
    (r.follow_ups || []).length > 0 && h("details", {}, h("summary", {}, t("followUps")), bullets(r.follow_ups.map((f) => `${f.when}：${f.action}`))));
}
