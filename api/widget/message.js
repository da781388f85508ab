// What a tool was asked, in a few words. Values of the contract are told in the reader's language.
function asked(args, t) {
  const told = ([key, value]) => {
    if (value === null || value === false || value === "") return [];
    if (Array.isArray(value)) return value.flatMap((v) => told([key, v]));
    if (typeof value === "object") return Object.entries(value).flatMap(told);
    const values = VALUES[t.lang];
    return value === true ? (values[key] ?? []) : [t.has(`asked_${key}`) ? t(`asked_${key}`, { n: value }) : (values[value] ?? String(value))];
  };
  const words = [...told(["", args ?? {}]).join(" · ")];
  return words.slice(0, 36).join("") + (words.length > 36 ? "…" : "");
}
// What is usually wanted next, where it makes sense after this result.
function nextAsks({ name, result: r, args } = {}, lang) {
  if (!r || r.verdict === "pass" || r.decision === "refused" || r.total === 0 || r.passages?.length === 0) return [];
  const channel = VALUES[lang][args?.channel];
  return (NEXT[name]?.[lang] ?? []).filter((ask) => !(channel && ask.includes(channel)) && !(r.revised_text === null && /修改稿|revised/.test(ask)));
}
// One exchange on screen: the question, tool steps as they run, the answer as it streams, cards, citations, feedback.
class Exchange {
  constructor({ t, on, question, lang }) {
    Object.assign(this, { t, on, question, lang, text: "", citations: new Map(), steps: new Map(), messageId: null });
    this.answer = h("div", { class: "answer", onfocusin: (e) => e.target.matches(":focus-visible") && this.unfold() });
    this.more = h("button", { type: "button", class: "link more", hidden: true, onclick: () => this.unfold() }, t("more"));
    this.stepList = h("ul", { class: "steps" });
    this.cards = h("div", { class: "cards" });
    this.foot = h("div", { class: "foot" });
    this.notices = h("div", { class: "notices", role: "status" });
    this.bot = h("article", { class: "turn bot", "aria-label": t("bot"), "aria-busy": "true" }, this.stepList, this.answer, this.more, this.cards, this.notices, this.foot);
    this.user = h("article", { class: "turn user", "aria-label": t("you") }, h("p", { class: "said" }, question));
    this.nodes = [this.user, this.bot];
  }
  handle(event) {
    switch (event.type) {
      case "TOOL_CALL_START": return this.step(event.toolCallId, event.toolCallName);
      case "TOOL_CALL_ARGS": return this.args(event.toolCallId, event.delta);
      case "TOOL_CALL_END": return this.running(event.toolCallId);
      case "TEXT_MESSAGE_START": this.messageId = event.messageId; return;
      case "TEXT_MESSAGE_CONTENT": this.text += event.delta; return this.plain();
      case "CUSTOM": return this.custom(event.name, event.value);
      case "RUN_ERROR": return this.fail(event.message);
      default:
    }
  }
  custom(name, value) {
    if (name === "html") this.html(value.html);
    else if (name === "text_withdrawn") { this.text = ""; this.plain(); }
    else if (name === "notice") this.notice(value.text ?? value);
    else if (name === "citation") this.citations.set(value.n, value);
    else if (name === "tool_result") this.result(value);
  }
  step(id, name) {
    const item = h("li", { class: "step running" }, this.t("running", { tool: this.t(name) }));
    this.steps.set(id, { name, item, args: "" });
    this.stepList.append(item);
  }
  args(id, delta) {
    const step = this.steps.get(id);
    if (step) step.args += delta;
  }
  running(id) {
    const step = this.steps.get(id);
    if (!step) return;
    try {
      step.item.append(h("span", { class: "muted" }, asked(JSON.parse(step.args), this.t)));
    } catch {
      // A model's broken arguments: the tool's answer will say so.
    }
  }
  result(call) {
    const step = this.steps.get(call.id);
    const ok = call.status === "ok";
    if (step) {
      step.item.className = `step ${call.status}`;
      step.item.replaceChildren(this.t(ok ? "done" : "error", { tool: this.t(call.name) }), h("span", { class: "muted" }, asked(call.args, this.t)));
    }
    if (ok) this.last = call;
    if (ok && CARDS[call.name] && call.result) this.cards.append(CARDS[call.name](call.result, this.t, this.on, call.args));
    this.fold();
  }
  plain() {
    // Until the server's rendering of this block arrives the words stand as they are.
    if (!this.rendered || !this.text) this.answer.textContent = this.text;
    this.fold();
  }
  html(html) {
    this.rendered = true;
    this.answer.innerHTML = POLICY ? POLICY.createHTML(html) : html;
    this.linkCitations();
  }
  fold() {
    // A card shows the result as a thing to use: beside one, long words stand back until asked for.
    const long = this.cards.childElementCount > 0 && (this.text.length > 160 || this.text.trim().split("\n").length > 4);
    this.answer.classList.toggle("folded", long && !this.unfolded);
    this.more.hidden = !long || Boolean(this.unfolded);
  }
  unfold() {
    this.unfolded = true;
    this.fold();
  }
  linkCitations() {
    const walker = document.createTreeWalker(this.answer, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const node of texts) {
      const parts = node.data.split(/(\[\d{1,3}\])/);
      if (parts.length < 2) continue;
      node.replaceWith(...parts.map((part) => this.chip(Number(/^\[(\d+)\]$/.exec(part)?.[1])) ?? part).filter((part) => part !== ""));
    }
  }
  chip(n, named = false) {
    const citation = this.citations.get(n);
    if (!citation) return null;
    const label = `${this.t("source")} ${n}: ${citation.title} ${citation.section}`;
    const number = h("span", { class: "cite-number" }, String(n));
    return h("button", { type: "button", class: "cite", title: label, "aria-label": label, onclick: () => this.on.source(citation) }, number, named && (citation.section.split(" > ").at(-1) || citation.title));
  }
  notice(text) {
    this.notices.append(h("p", {}, text));
  }
  fail(reason) {
    this.notices.replaceChildren(h("p", {}, this.t("failed", { reason: reason || "" })));
    this.finish(null, true);
  }
  stopped() {
    this.notice(this.t("stopped"));
    this.finish(null, true);
  }
  finish(reply, broken = false) {
    const { t } = this;
    this.bot.removeAttribute("aria-busy");
    if (reply) this.settle(reply);
    this.linkCitations();
    this.stepList.querySelectorAll(".running").forEach((item) => item.classList.remove("running"));
    for (const place of [":scope > .next", ":scope > .sources"]) this.bot.querySelector(place)?.remove();
    const cited = [...this.citations.keys()];
    if (cited.length) this.foot.before(h("div", { class: "sources", role: "group", "aria-label": t("sources") }, h("span", { class: "muted" }, t("sources")), cited.map((n) => this.chip(n, true))));
    const again = broken ? button(t("retry"), () => this.on.retry(this.question), "primary") : iconButton("retry", t("retry"), () => this.on.retry(this.question));
    const rating = this.messageId && !broken ? this.rating() : [];
    this.foot.replaceChildren(...[broken && again, this.text && iconButton("copy", t("copy"), () => this.on.copy(this.text)), ...rating.slice(0, 2),
      !broken && again, iconButton("edit", t("edit"), () => this.on.insert(this.question)), ...rating.slice(2)].filter(Boolean));
    if (!broken) this.bot.append(this.next());
  }
  rating() {
    const { t } = this, said = h("span", { class: "muted", role: "status" });
    const reason = h("input", { placeholder: t("why"), "aria-label": t("why"), maxLength: 500 });
    const rate = async (rating, comment) => {
      if (!(await this.on.feedback(this.messageId, rating, comment))) return;
      good.setAttribute("aria-pressed", String(rating === "up"));
      bad.setAttribute("aria-pressed", String(rating === "down"));
      said.textContent = t("thanks");
      why.hidden = rating === "up" || Boolean(comment);
      if (!why.hidden) reason.focus();
    };
    const good = iconButton("up", t("good"), () => rate("up"), { "aria-pressed": "false" }), bad = iconButton("down", t("bad"), () => rate("down"), { "aria-pressed": "false" });
    const why = h("form", { class: "why", hidden: true, onsubmit: (e) => { e.preventDefault(); if (reason.value.trim()) rate("down", reason.value.trim()); } }, reason, h("button", { class: "button" }, t("sendReason")));
    return [good, bad, said, why];
  }
  next() {
    const asks = nextAsks(this.last, this.lang);
    return h("div", { class: "starters next", role: "group", "aria-label": this.t("nextSteps"), hidden: !asks.length }, asks.map((ask) => button(ask, () => this.on.ask(ask))));
  }
  settle(reply) {
    // A stored answer, from history or after a broken stream: everything at once.
    this.messageId = reply.message_id;
    this.text = reply.text;
    for (const citation of reply.citations) this.citations.set(citation.n, citation);
    this.cards.replaceChildren();
    this.stepList.replaceChildren();
    for (const call of reply.tool_calls) { this.step(call.id, call.name); this.result(call); }
    this.notices.replaceChildren(...reply.notices.map((n) => h("p", {}, n)));
    if (reply.html) this.html(reply.html);
    else this.answer.textContent = reply.text;
    this.fold();
  }
}
