// The web component: launcher, panel, composer, history, source viewer. All state of the page's visit lives here.
const STORE = "rm-assistant";
const LONG_PASTE = 60;
// Where a citation points: its quote, narrowed to the section it names where the quote spans several.
function passage(text, { quote, section }) {
  const at = text.indexOf(quote.slice(0, 80)), end = at + quote.length;
  const heading = [...text.matchAll(/^#{1,6} (.*)$/gm)], here = heading.findIndex((m) => m[1].trim() === section.split(" > ").at(-1).trim());
  if (at < 0 || here < 0) return [at, end];
  const from = heading[here].index, to = heading[here + 1]?.index ?? text.length;
  return at < from ? [from, to] : at < to ? [at, Math.min(end, to)] : [at, end];
}
// A document's text with its Markdown headings in bold.
const prose = (text) => text.split(/^#{1,6} (.*)$/m).map((part, i) => (i % 2 ? h("strong", {}, part) : part));
class RmAssistant extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const data = this.dataset;
    this.state = { open: data.layout === "page", layout: data.layout || "docked", theme: data.theme || "auto", draft: "", conversation: null, ...this.recall() };
    // The whole-page layout belongs to its page; the next page opens as it was left.
    this.kept = this.state.layout === "page" ? "docked" : this.state.layout;
    if (data.layout === "page") Object.assign(this.state, { open: true, layout: "page" });
    this.lang = data.lang || (navigator.language.startsWith("zh") ? "zh" : "en");
    this.t = translator(this.lang);
    this.client = new Client({ base: data.base || "", headers: () => this.identity() });
    const root = this.attachShadow({ mode: "open", delegatesFocus: false });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    root.append(this.frame());
    this.apply();
    this.keys();
    this.greet();
    if (this.state.conversation) this.load(this.state.conversation).catch(() => this.fresh());
    this.emit("ready", {});
  }
  async identity() {
    const { rmId, token, tokenFrom } = this.dataset;
    if (tokenFrom && typeof window[tokenFrom] === "function") return { Authorization: `Bearer ${await window[tokenFrom]()}` };
    if (token) return { Authorization: `Bearer ${token}` };
    return rmId ? { "X-RM-Id": rmId } : {};
  }
  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(`rm-assistant:${name}`, { detail, bubbles: true, composed: true }));
  }
  recall() {
    try { return JSON.parse(localStorage.getItem(STORE)) || {}; } catch { return {}; }
  }
  remember(change) {
    Object.assign(this.state, change);
    try { localStorage.setItem(STORE, JSON.stringify({ ...this.state, layout: this.kept })); } catch { /* A page may forbid storage; the visit still works. */ }
  }
  frame() {
    const { t } = this;
    this.launcher = h("button", { type: "button", class: "launcher", "aria-label": t("open"), title: `${t("open")} (Ctrl+Shift+K)`, "aria-expanded": "false", onclick: () => this.toggle(true) }, icon("chat"));
    this.log = h("div", { class: "log", role: "log", "aria-label": t("conversation"), tabIndex: 0 });
    this.input = h("textarea", { rows: 2, placeholder: t("placeholder"), "aria-label": t("composer"), value: this.state.draft, oninput: () => this.typed(), onpaste: (e) => this.pasted(e), onkeydown: (e) => this.pressed(e), maxLength: 20000 });
    this.sendButton = iconButton("send", t("send"), () => this.submit(), { class: "icon-button send" });
    this.picker = h("ul", { class: "picker", role: "listbox", "aria-label": t("pickCustomer"), hidden: true });
    this.offer = h("div", { class: "offer" });
    this.status = h("div", { class: "status", role: "status" });
    this.side = h("aside", { class: "side", hidden: true, "aria-label": t("sources"), tabIndex: -1 });
    const head = h("header", {}, h("h2", {}, this.dataset.title || t("title")),
      iconButton("plus", t("newChat"), () => this.fresh()), iconButton("clock", t("history"), () => this.history()),
      iconButton("moon", t("theme"), () => this.cycleTheme()), this.state.layout !== "page" && iconButton("full", t("layout"), () => this.cycleLayout()),
      this.state.layout !== "page" && iconButton("close", t("close"), () => this.toggle(false)));
    const composer = h("form", { class: "composer", onsubmit: (e) => { e.preventDefault(); this.submit(); } }, this.picker, this.offer, h("div", { class: "row" }, this.input, this.sendButton));
    this.panel = h("div", { class: "panel", role: "dialog", "aria-label": t("title") }, head, h("div", { class: "main" }, h("div", { class: "talk" }, this.log, this.status, composer), this.side));
    return h("div", { class: "rm" }, this.launcher, this.panel);
  }
  apply() {
    const frame = this.panel.parentElement;
    frame.dataset.layout = this.state.layout;
    frame.dataset.theme = this.state.theme;
    this.panel.hidden = !this.state.open;
    this.launcher.hidden = this.state.open;
    this.launcher.setAttribute("aria-expanded", String(this.state.open));
  }
  toggle(open) {
    this.remember({ open });
    this.apply();
    (open ? this.input : this.launcher).focus();
  }
  cycleLayout() { this.remember({ layout: (this.kept = this.state.layout === "docked" ? "full" : "docked") }); this.apply(); }
  cycleTheme() { this.remember({ theme: { auto: "dark", dark: "light", light: "auto" }[this.state.theme] }); this.apply(); }
  keys() {
    document.addEventListener("keydown", (e) => {
      if (e.ctrlKey && e.shiftKey && e.key.toLowerCase() === "k") { e.preventDefault(); this.toggle(!this.state.open); }
    });
    this.shadowRoot.addEventListener("keydown", (e) => {
      if (e.key !== "Escape" || e.isComposing) return;
      if (!this.picker.hidden) this.picker.hidden = true;
      else if (!this.side.hidden) { this.side.hidden = true; this.input.focus(); }
      else if (this.state.layout !== "page") this.toggle(false);
    });
    addEventListener("offline", () => { this.status.textContent = this.t("offline"); });
    addEventListener("online", () => { this.status.textContent = this.t("back"); this.reconnect(); });
  }
  greet() {
    const starters = STARTERS[this.dataset.role] || STARTERS.rm;
    this.log.replaceChildren(h("div", { class: "hello" }, h("p", {}, this.t("hello")), h("div", { class: "starters" }, starters[this.lang].map((s) => button(s, () => this.ask(s))))));
  }
  blank() {
    this.stop();
    this.loading = null;
    this.remember({ conversation: null });
    this.greet();
  }
  fresh() {
    this.blank();
    this.side.hidden = true;
    this.input.focus();
  }
  get actions() {
    return {
      ask: (text) => this.ask(text), retry: (text) => this.ask(text), insert: (text) => this.insert(text), draft: (text) => this.insert(text),
      copy: async (text) => { await copyText(text, this.shadowRoot); this.status.textContent = this.t("copied"); this.emit("insert", { text }); },
      source: (citation) => this.source(citation), feedback: (id, rating, comment) => this.feedback(id, rating, comment), calendar: (args) => this.calendar(args),
    };
  }
  insert(text) { this.input.value = text; this.typed(); this.input.focus(); }
  typed() {
    this.remember({ draft: this.input.value });
    const at = /@([\p{Script=Han}\w]{0,12})$/u.exec(this.input.value.slice(0, this.input.selectionStart));
    if (at) this.pick(at[1]);
    else this.picker.hidden = true;
  }
  pasted(event) {
    const text = event.clipboardData?.getData("text") || "";
    if ([...text].length < LONG_PASTE) return;
    this.offer.replaceChildren(button(this.t("review"), () => { this.submit("帮我审一下这段文案：\n"); }, "primary"));
  }
  pressed(event) {
    // While an input method composes, Enter chooses a word; keyCode 229 is how older engines say so.
    if (event.isComposing || event.keyCode === 229) return;
    if (!this.picker.hidden && ["ArrowDown", "ArrowUp", "Enter", "Tab"].includes(event.key)) return this.choose(event);
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.submit(); }
  }
  async pick(q) {
    const asked = (this.asked = Symbol("pick"));
    const { customers } = await this.client.json(`/api/v1/customers?limit=6&q=${encodeURIComponent(q)}`).catch(() => ({ customers: [] }));
    if (asked !== this.asked) return;
    this.picker.replaceChildren(...customers.map((c, i) => h("li", { role: "option", "aria-selected": String(i === 0), onmousedown: (e) => { e.preventDefault(); this.picked(c); } }, `${c.name} `, h("span", { class: "muted" }, c.id))));
    this.options = customers;
    this.picker.hidden = customers.length === 0;
  }
  choose(event) {
    event.preventDefault();
    const items = [...this.picker.children];
    const at = items.findIndex((i) => i.getAttribute("aria-selected") === "true");
    if (event.key === "Enter" || event.key === "Tab") return this.picked(this.options[at]);
    const next = (at + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length;
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === next)));
  }
  picked(customer) {
    const start = this.input.selectionStart;
    this.input.value = this.input.value.slice(0, start).replace(/@[\p{Script=Han}\w]{0,12}$/u, customer.name) + this.input.value.slice(start);
    this.picker.hidden = true;
    this.typed();
    this.input.focus();
  }
  submit(before = "") {
    if (this.running) return this.stop();
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.offer.replaceChildren();
    this.typed();
    this.ask(before + text);
  }
  stop() { this.running?.abort(); }
  busy(controller) {
    this.running = controller;
    const [name, label] = controller ? ["stop", this.t("stop")] : ["send", this.t("send")];
    this.sendButton.replaceChildren(icon(name));
    this.sendButton.setAttribute("aria-label", label);
    this.sendButton.title = label;
  }
  async ask(text) {
    if (this.running) return;
    this.loading = null;
    if (!this.state.open) this.toggle(true);
    this.log.querySelectorAll(".hello, .next").forEach((node) => node.remove());
    const exchange = new Exchange({ t: this.t, lang: this.lang, on: this.actions, question: text });
    this.log.append(...exchange.nodes);
    this.follow(true);
    const controller = new AbortController();
    this.busy(controller);
    let finished = false;
    try {
      for await (const event of this.client.chat(text, this.state.conversation, controller.signal)) {
        if (event.type === "RUN_STARTED") this.remember({ conversation: event.threadId });
        if (event.type === "RUN_FINISHED" || event.type === "RUN_ERROR") finished = true;
        exchange.handle(event);
        this.follow();
      }
      if (!finished) throw new Error(this.t("interrupted"));
      exchange.finish();
    } catch (error) {
      if (error.name === "AbortError") exchange.finish();
      else if (error.status) this.refused(exchange, error, text);
      else { exchange.fail(error instanceof TypeError ? this.t("network") : error.message); this.lost = exchange; this.reconnect(); }
    } finally {
      this.busy(null);
      this.follow();
    }
  }
  refused(exchange, error, text) {
    exchange.fail(error.message);
    if (!this.input.value) this.insert(text);
  }
  async reconnect() {
    // A server that restarted may hold the finished answer: look for it a few times, then leave the retry button.
    const exchange = this.lost;
    if (!exchange || !this.state.conversation) return;
    for (let wait = 500; wait < 9000 && this.lost === exchange; wait *= 2) {
      await new Promise((done) => setTimeout(done, wait));
      const found = await this.client.json(`/api/v1/conversations/${this.state.conversation}`).catch(() => null);
      const last = found?.messages?.at(-1);
      if (last?.role !== "assistant" || found.messages.at(-2)?.text !== exchange.question) continue;
      exchange.finish({ ...last.reply, html: last.html });
      this.lost = null;
    }
  }
  follow(always = false) {
    const { log } = this;
    if (always || log.scrollHeight - log.scrollTop - log.clientHeight < 160) log.scrollTop = log.scrollHeight;
  }
  async feedback(id, rating, comment) {
    await this.client.json("/api/v1/feedback", { method: "POST", body: { message_id: id, rating, comment } }).catch((error) => { this.status.textContent = error.message; });
  }
  async load(id) {
    const conversation = await this.client.json(`/api/v1/conversations/${id}`);
    this.remember({ conversation: id });
    // Built aside and in slices, so that a long conversation neither freezes the page nor lays it out many times.
    const loading = (this.loading = Symbol("load")), built = document.createDocumentFragment();
    let exchange = null, slice = performance.now();
    for (const message of conversation.messages) {
      if (message.role === "user") {
        exchange = new Exchange({ t: this.t, lang: this.lang, on: this.actions, question: message.text });
        exchange.bot.removeAttribute("aria-busy");
        built.append(...exchange.nodes);
      } else exchange?.finish({ ...message.reply, html: message.html });
      if (performance.now() - slice < 30) continue;
      await new Promise((done) => setTimeout(done));
      if (loading !== this.loading) return;
      slice = performance.now();
    }
    [...built.querySelectorAll(".next")].slice(0, -1).forEach((node) => node.remove());
    this.log.replaceChildren(built);
    this.follow(true);
  }
  async history() {
    const { t } = this;
    const list = h("ul", { class: "history" });
    let asked = 0;
    const fill = async (q) => {
      const mine = ++asked;
      const { conversations } = await this.client.json(`/api/v1/conversations?limit=50&q=${encodeURIComponent(q)}`);
      if (mine !== asked) return; // a slow answer to an earlier search must not replace a later one's
      list.replaceChildren(...conversations.map((c) => h("li", {}, h("button", { type: "button", class: "link", onclick: () => { this.side.hidden = true; this.load(c.id); } }, c.title),
        h("div", { class: "muted" }, new Date(c.updated_at).toLocaleString(this.lang)),
        h("div", { class: "actions" }, ["md", "docx"].map((f) => button(t(f === "md" ? "exportMd" : "exportDocx"), () => this.save(c, f))), iconButton("trash", t("remove"), async () => { await this.client.json(`/api/v1/conversations/${c.id}`, { method: "DELETE" }); if (c.id === this.state.conversation) this.blank(); await fill(q); box.focus(); })))));
      if (conversations.length === 0) list.replaceChildren(h("li", { class: "muted" }, t("empty")));
    };
    const box = h("input", { type: "search", placeholder: t("search"), "aria-label": t("search"), oninput: () => fill(box.value) });
    this.aside(t("history"), box, list);
    await fill("").catch((error) => list.replaceChildren(h("li", {}, error.message)));
  }
  aside(title, ...content) {
    this.side.replaceChildren(h("div", { class: "row" }, h("h3", {}, title), iconButton("close", this.t("close"), () => { this.side.hidden = true; this.input.focus(); })), ...content);
    this.side.setAttribute("aria-label", title);
    this.side.hidden = false;
    this.side.focus();
  }
  async source(citation) {
    const body = h("div", { class: "document" }, this.t("loading"));
    this.aside(citation.title, h("p", { class: "muted" }, citation.section), body);
    try {
      const found = await this.client.json(`/api/v1/knowledge/documents/${encodeURIComponent(citation.document_id)}`);
      const [at, end] = passage(found.text, citation);
      if (at < 0) return body.replaceChildren(h("mark", {}, citation.quote));
      const mark = h("mark", {}, prose(found.text.slice(at, end)));
      body.replaceChildren(...prose(found.text.slice(0, at)), mark, ...prose(found.text.slice(end)));
      mark.scrollIntoView({ block: "center" });
    } catch (error) {
      body.replaceChildren(h("mark", {}, citation.quote), h("p", { class: "muted" }, error.message));
    }
  }
  async save(conversation, format) {
    const response = await this.client.request(`/api/v1/conversations/${conversation.id}/export?format=${format}`, { accept: "*/*" });
    this.download(await response.blob(), `${conversation.title}.${format}`);
  }
  async calendar(args) {
    try {
      const response = await this.client.request("/api/v1/invitations/calendar", { method: "POST", body: args, accept: "text/calendar" });
      this.download(await response.blob(), "invitation.ics");
    } catch (error) {
      this.status.textContent = error.message;
    }
  }
  download(blob, name) {
    const link = h("a", { href: URL.createObjectURL(blob), download: name });
    this.shadowRoot.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}
customElements.get("rm-assistant") || customElements.define("rm-assistant", RmAssistant);
