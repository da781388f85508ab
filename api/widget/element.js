// The web component: launcher, panel, log, composer. All state of the page's visit lives here.
const STORE = "rm-assistant";
const LONG_PASTE = 60, LONGEST = 20000;
// How many exchanges of a stored conversation are built at once, and how many of them stand in the page.
const AT_ONCE = 3, AT_MOST = 18;
class RmAssistant extends HTMLElement {
  connectedCallback() {
    this.gone = new AbortController();
    this.keys({ signal: this.gone.signal });
    if (this.shadowRoot) return;
    const data = this.dataset;
    this.store = data.rmId ? `${STORE}:${data.rmId}` : STORE;
    this.state = { open: data.layout === "page", layout: data.layout || "docked", theme: data.theme || "auto", draft: "", conversation: null, ...this.recall() };
    // The whole-page layout belongs to its page; the next page opens as it was left.
    this.kept = this.state.layout === "page" ? "docked" : this.state.layout;
    if (data.layout === "page") Object.assign(this.state, { open: true, layout: "page" });
    this.t = translator(data.lang || (navigator.language.startsWith("zh") ? "zh" : "en"));
    this.lang = this.t.lang;
    this.client = new Client({ base: data.base || "", headers: async () => ({ "Accept-Language": this.lang, ...(await this.identity()) }) });
    const root = this.attachShadow({ mode: "open", delegatesFocus: false });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    root.append(this.frame());
    root.addEventListener("keydown", (e) => { this.shortcut(e); this.escape(e); });
    // What is typed here is not for the page: its own hotkeys do not hear it.
    for (const kind of ["keydown", "keypress", "keyup"]) root.addEventListener(kind, (e) => e.stopPropagation());
    this.apply();
    this.greet();
    if (this.state.conversation) this.load(this.state.conversation);
    this.emit("ready", {});
  }
  disconnectedCallback() {
    // Frameworks take elements out and put others in: one that is gone answers no key.
    this.gone.abort();
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
    try { return JSON.parse(localStorage.getItem(this.store)) || {}; } catch { return {}; }
  }
  remember(change) {
    Object.assign(this.state, change);
    try { localStorage.setItem(this.store, JSON.stringify({ ...this.state, layout: this.kept })); } catch { /* A page may forbid storage; the visit still works. */ }
  }
  frame() {
    const { t } = this;
    this.launcher = h("button", { type: "button", class: "launcher", "aria-label": t("open"), title: `${t("open")} (Ctrl+Shift+K)`, "aria-expanded": "false", onclick: () => this.toggle(true) }, icon("chat"));
    this.log = h("div", { class: "log", role: "log", "aria-label": t("conversation"), tabIndex: 0, onscroll: () => this.nearEnd() });
    for (const moved of ["wheel", "touchmove", "pointerdown", "keydown"]) this.log.addEventListener(moved, () => { this.reading = true; }, { passive: true });
    this.input = h("textarea", { rows: 2, placeholder: t("placeholder"), "aria-label": t("composer"), value: this.state.draft, oninput: () => this.typed(), onpaste: (e) => this.pasted(e), onkeydown: (e) => this.pressed(e), maxLength: LONGEST });
    this.sendButton = iconButton("send", t("send"), () => (this.running ? this.stop() : this.submit()), { class: "icon-button send" });
    this.picker = new Picker({ t, client: this.client, input: this.input, changed: () => this.typed() });
    this.offer = h("div", { class: "offer", role: "status" });
    this.status = h("div", { class: "status", role: "status" });
    this.side = new Side({ t, lang: this.lang, client: this.client, on: {
      toggled: (open) => this.panel.classList.toggle("beside", open), back: (opener) => (opener?.isConnected ? opener : this.input).focus(),
      load: (id) => { this.side.close(); this.load(id); }, save: (path, name) => this.save(path, name), remove: (id) => this.remove(id),
    } });
    const head = h("header", {}, h("h2", {}, this.dataset.title || t("title")),
      iconButton("plus", t("newChat"), () => this.fresh()), iconButton("clock", t("history"), () => this.side.history()),
      iconButton("moon", t("theme"), () => this.cycleTheme()), this.state.layout !== "page" && iconButton("full", t("layout"), () => this.cycleLayout(), { class: "icon-button layout" }),
      this.state.layout !== "page" && iconButton("close", t("close"), () => this.toggle(false)));
    const composer = h("form", { class: "composer", onsubmit: (e) => { e.preventDefault(); this.submit(); } }, this.picker.node, this.offer, h("div", { class: "row" }, this.input, this.sendButton));
    this.panel = h("div", { class: "panel", role: "dialog", "aria-label": t("title") }, head, h("div", { class: "main" }, h("div", { class: "talk" }, this.log, this.status, composer), this.side.node));
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
  keys(until) {
    document.addEventListener("keydown", (e) => this.shortcut(e), until);
    addEventListener("offline", () => { this.status.textContent = this.t("offline"); }, until);
    addEventListener("online", () => { this.say(this.t("back")); this.reconnect(); }, until);
  }
  shortcut(event) {
    if (!(event.ctrlKey || event.metaKey) || !event.shiftKey || event.key?.toLowerCase() !== "k") return;
    event.preventDefault();
    this.toggle(!this.state.open);
  }
  escape(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    const tip = this.shadowRoot.querySelector(".basis:not([hidden])");
    if (tip) tip.hidden = true;
    else if (this.picker.open) this.picker.close();
    else if (this.side.open) this.side.close();
    else if (this.state.layout !== "page") this.toggle(false);
  }
  // A passing remark above the box.
  say(text) {
    this.status.textContent = text;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => { this.status.textContent = ""; }, 6000);
  }
  greet() {
    const starters = STARTERS[this.dataset.role] || STARTERS.rm;
    this.log.replaceChildren(h("div", { class: "hello" }, h("p", { class: "greeting" }, this.t("greeting")), h("p", { class: "muted" }, this.t("hello")), h("div", { class: "starters" }, starters[this.lang].map((s) => button(s, () => this.ask(s))))));
  }
  blank() {
    this.stop();
    this.loading = this.stored = null;
    this.remember({ conversation: null });
    this.greet();
  }
  fresh() {
    this.blank();
    this.side.close();
    this.input.focus();
  }
  get actions() {
    return {
      ask: (text) => this.ask(text), retry: (text) => this.ask(text), insert: (text) => this.insert(text),
      apply: (text) => { this.insert(text); this.emit("insert", { text }); },
      copy: async (text) => { await copyText(text, this.shadowRoot); this.say(this.t("copied")); this.emit("insert", { text }); },
      source: (citation) => this.side.source(citation), feedback: (id, rating, comment) => this.feedback(id, rating, comment), calendar: (args) => this.calendar(args),
    };
  }
  insert(text) {
    this.input.focus();
    this.input.select();
    // As if typed, so that undo brings back what stood there.
    if (!document.execCommand("insertText", false, text)) this.input.value = text;
    this.typed();
  }
  typed() {
    this.remember({ draft: this.input.value });
    if ([...this.input.value].length < LONG_PASTE) this.offer.replaceChildren();
    this.picker.look();
  }
  pasted(event) {
    const text = event.clipboardData?.getData("text") || "";
    if (this.input.value.length + text.length > LONGEST) this.say(this.t("tooLong"));
    if ([...text].length < LONG_PASTE) return;
    this.offer.replaceChildren(button(this.t("review"), () => { this.submit("帮我审一下这段文案：\n"); }, "primary"));
  }
  pressed(event) {
    // While an input method composes, Enter chooses a word; keyCode 229 is how older engines say so.
    if (event.isComposing || event.keyCode === 229 || this.picker.press(event)) return;
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.submit(); }
  }
  submit(before = "") {
    if (this.running) return this.say(this.t("wait"));
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
    if (!controller && navigator.onLine) this.say("");
    const [name, label] = controller ? ["stop", this.t("stop")] : ["send", this.t("send")];
    this.sendButton.replaceChildren(icon(name));
    this.sendButton.setAttribute("aria-label", label);
    this.sendButton.title = label;
  }
  async ask(text) {
    if (this.running) return;
    this.loading = null;
    if (!this.state.open) this.toggle(true);
    if (this.stored && this.shown[1] < this.stored.length) this.latest();
    this.log.querySelectorAll(":scope > :not(.turn, .elsewhere), .next").forEach((node) => node.remove());
    const exchange = new Exchange({ t: this.t, lang: this.lang, on: this.actions, question: text });
    this.log.append(...exchange.nodes);
    this.reading = false;
    this.follow();
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
      if (error.name === "AbortError") exchange.stopped();
      else if (error.status) this.refused(exchange, error, text);
      else { exchange.fail(Client.told(error, this.t)); this.lost = exchange; this.reconnect(); }
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
    const exchange = this.lost, id = this.state.conversation;
    if (!exchange || !id) return;
    for (let wait = 500; wait < 9000 && this.lost === exchange && this.state.conversation === id; wait *= 2) {
      await new Promise((done) => setTimeout(done, wait));
      const found = await this.client.json(`/api/v1/conversations/${id}`).catch(() => null);
      const last = found?.messages?.at(-1);
      if (last?.role !== "assistant" || found.messages.at(-2)?.text !== exchange.question) continue;
      exchange.finish({ ...last.reply, html: last.html });
      this.lost = null;
    }
    if (this.lost !== exchange) return;
    this.lost = null;
    exchange.fail(this.t("lost"));
  }
  follow(behavior = "smooth") {
    // Follows the answer, but never past its beginning: one reads from the top.
    const { log } = this, last = log.querySelector(":scope > .bot:last-of-type") ?? log.lastElementChild;
    if (this.reading || !last) return;
    const top = Math.min(log.scrollHeight - log.clientHeight, last.offsetTop - 96);
    log.scrollTo({ top, behavior });
  }
  async feedback(message_id, rating, comment) {
    try {
      await this.client.json("/api/v1/feedback", { method: "POST", body: { message_id, rating, comment } });
      return true;
    } catch (error) {
      this.say(Client.told(error, this.t));
      return false;
    }
  }
  async load(id) {
    this.stop();
    const loading = (this.loading = Symbol("load"));
    this.log.replaceChildren(h("p", { class: "muted", role: "status" }, this.t("loading")));
    try {
      const { messages } = await this.client.json(`/api/v1/conversations/${id}`);
      if (loading !== this.loading) return;
      this.remember({ conversation: id });
      // One exchange is a question and, where it was answered, its answer.
      this.stored = messages.flatMap((m, i) => (m.role === "user" ? [[m, messages[i + 1]?.role === "assistant" ? messages[i + 1] : null]] : []));
      this.latest();
    } catch (error) {
      if (loading !== this.loading) return;
      if (error.status === 404) return this.blank();
      // The server may be starting again: the conversation is kept, and so is the way back to it.
      this.log.replaceChildren(h("div", { class: "notices" }, h("p", {}, this.t("failed", { reason: Client.told(error, this.t) }))), button(this.t("reload"), () => this.load(id), "primary"));
    }
  }
  // The end of the stored conversation.
  latest() {
    this.log.replaceChildren();
    this.shown = [this.stored.length, this.stored.length];
    do this.page(-1);
    while (this.shown[0] > 0 && this.log.scrollHeight < 2 * this.log.clientHeight);
    this.reading = false;
    this.follow("instant");
  }
  // Builds the exchanges next to those on screen, up (-1) or down (1), and takes the farthest away: however long the
  // conversation, little stands in the page. What is being read does not move.
  page(direction) {
    const { log, stored, t } = this, [from, to] = this.shown, up = direction < 0;
    const [start, end] = up ? [Math.max(0, from - AT_ONCE), from] : [to, Math.min(stored.length, to + AT_ONCE)];
    const built = stored.slice(start, end).flatMap((pair) => this.told(pair)), turns = [...log.querySelectorAll(":scope > .told")];
    const fixed = up ? turns[0] : turns.at(-1), stood = fixed?.offsetTop - log.scrollTop;
    log.querySelectorAll(":scope > .elsewhere").forEach((node) => node.remove());
    if (up || !fixed) log.prepend(...built);
    else fixed.after(...built);
    const over = Math.max(0, to - from + end - start - AT_MOST);
    if (over) (up ? turns.slice(-2 * over) : turns.slice(0, 2 * over)).forEach((node) => node.remove());
    this.shown = up ? [start, to - over] : [from + over, end];
    const above = this.shown[0], below = stored.length - this.shown[1];
    const more = (key, n, way) => h("button", { type: "button", class: "link elsewhere", onclick: () => this.page(way) }, t(key, { n }));
    if (above) log.prepend(more("earlier", above, -1));
    if (below) [...log.querySelectorAll(":scope > .told")].at(-1).after(more("later", below, 1));
    [...log.querySelectorAll(".next")].slice(0, below ? undefined : -1).forEach((node) => node.remove());
    if (fixed?.isConnected) log.scrollTo({ top: fixed.offsetTop - stood, behavior: "instant" });
  }
  told([question, answer]) {
    const exchange = new Exchange({ t: this.t, lang: this.lang, on: this.actions, question: question.text });
    exchange.bot.removeAttribute("aria-busy");
    if (answer) exchange.finish({ ...answer.reply, html: answer.html });
    exchange.nodes.forEach((node) => node.classList.add("told"));
    return exchange.nodes;
  }
  nearEnd() {
    const { log, shown, stored } = this;
    if (!stored) return;
    if (shown[0] > 0 && log.scrollTop < 400) this.page(-1);
    else if (shown[1] < stored.length && log.scrollHeight - log.scrollTop - log.clientHeight < 400) this.page(1);
  }
  async remove(id) {
    try {
      await this.client.json(`/api/v1/conversations/${id}`, { method: "DELETE" });
      if (id === this.state.conversation) this.blank();
      return true;
    } catch (error) {
      this.say(Client.told(error, this.t));
      return false;
    }
  }
  async save(path, name) {
    try {
      const response = await this.client.request(path, { accept: "*/*" });
      this.download(await response.blob(), name);
    } catch (error) {
      this.say(Client.told(error, this.t));
    }
  }
  async calendar(args) {
    try {
      const response = await this.client.request("/api/v1/invitations/calendar", { method: "POST", body: args, accept: "text/calendar" });
      this.download(await response.blob(), "invitation.ics");
    } catch (error) {
      this.say(Client.told(error, this.t));
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
