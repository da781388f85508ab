// What a tool was asked, in a few words.
const asked = (args) => {
  const leaves = (value) => (value && typeof value === "object" ? Object.values(value).flatMap(leaves) : [String(value)]);
  const words = [...leaves(args ?? {}).filter((w) => w && !/^(true|false|null)$/.test(w)).join(" · ")];
  return words.slice(0, 36).join("") + (words.length > 36 ? "…" : "");
};
// One exchange on screen: the question, tool steps as they run, the answer as it streams, cards, citations, feedback.
class Exchange {
  constructor({ t, on, question, lang }) {
    Object.assign(this, { t, on, question, lang, text: "", citations: new Map(), steps: new Map(), messageId: null });
    this.answer = h("div", { class: "answer" });
    this.stepList = h("ul", { class: "steps" });
    this.cards = h("div", { class: "cards" });
    this.foot = h("div", { class: "foot" });
    this.notices = h("div", { class: "notices", role: "status" });
    this.bot = h("article", { class: "turn bot", "aria-label": t("bot"), "aria-busy": "true" }, this.stepList, this.answer, this.cards, this.notices, this.foot);
    this.user = h("article", { class: "turn user", "aria-label": t("you") }, h("p", { class: "said" }, question));
    this.nodes = [this.user, this.bot];
  }
  handle(event) {
    switch (event.type) {
      case "TOOL_CALL_START": return this.step(event.toolCallId, event.toolCallName);
      case "TOOL_CALL_ARGS": return this.args(event.toolCallId, event.delta);
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
    const item = h("li", { class: "step running" }, h("span", {}, this.t("running", { tool: this.t(name) })));
    this.steps.set(id, { name, item, args: "" });
    this.stepList.append(item);
  }
  args(id, delta) {
    const step = this.steps.get(id);
    if (step) step.args += delta;
  }
  result(call) {
    const step = this.steps.get(call.id);
    const ok = call.status === "ok";
    if (step) {
      step.item.className = `step ${call.status}`;
      step.item.replaceChildren(this.t(ok ? "done" : "error", { tool: this.t(call.name) }), h("span", { class: "muted" }, asked(call.args)));
    }
    if (ok) this.last = call;
    if (ok && CARDS[call.name] && call.result) this.cards.append(CARDS[call.name](call.result, this.t, this.on, call.args));
  }
  plain() {
    // Until the server's rendering of this block arrives the words stand as they are.
    if (!this.rendered || !this.text) this.answer.textContent = this.text;
  }
  html(html) {
    this.rendered = true;
    this.answer.innerHTML = html;
    this.linkCitations();
  }
  linkCitations() {
    const walker = document.createTreeWalker(this.answer, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const node of texts) {
      const parts = node.data.split(/(\[\d{1,3}\])/);
      if (parts.length < 2) continue;
      node.replaceWith(...parts.map((part) => this.chip(part) ?? part).filter((part) => part !== ""));
    }
  }
  chip(part) {
    const n = Number(/^\[(\d+)\]$/.exec(part)?.[1]);
    const citation = this.citations.get(n);
    if (!citation) return null;
    const label = `${this.t("source")} ${n}: ${citation.title} ${citation.section}`;
    return h("button", { type: "button", class: "cite", title: label, "aria-label": label, onclick: () => this.on.source(citation) }, String(n));
  }
  notice(text) {
    this.notices.append(h("p", {}, text));
  }
  fail(reason) {
    this.notice(this.t("failed", { reason: reason || "" }));
    this.finish();
    this.foot.prepend(button(this.t("retry"), () => this.on.retry(this.question), "primary"));
  }
  finish(reply) {
    const { t } = this;
    this.bot.removeAttribute("aria-busy");
    if (reply) this.settle(reply);
    this.linkCitations();
    this.foot.replaceChildren();
    if (!this.messageId && !this.text) return;
    const why = h("input", { class: "why", hidden: true, placeholder: t("why"), "aria-label": t("why"), maxLength: 500 });
    const rate = (rating) => async () => {
      why.hidden = rating === "up";
      await this.on.feedback(this.messageId, rating, why.value || undefined);
      if (rating === "down") why.focus();
      said.textContent = t("thanks");
    };
    why.addEventListener("change", rate("down"));
    const said = h("span", { class: "muted", role: "status" });
    this.foot.append(iconButton("copy", t("copy"), () => this.on.copy(this.text)), iconButton("up", t("good"), rate("up")), iconButton("down", t("bad"), rate("down")),
      iconButton("retry", t("retry"), () => this.on.retry(this.question)), iconButton("edit", t("edit"), () => this.on.insert(this.question)), why, said);
    this.bot.querySelector(":scope > .next")?.remove();
    this.bot.append(this.next());
  }
  next() {
    // Nothing is left to correct in copy that passed.
    const call = this.last;
    const asks = !call || call.result?.verdict === "pass" ? [] : NEXT[call.name]?.[this.lang] ?? [];
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
  }
}
