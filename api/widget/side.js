// Beside the conversation: earlier conversations, and the passages that answers rest on.
// Where a citation points: its quote, narrowed to the section it names where the quote spans several.
function passage(text, { quote, section }) {
  const at = text.indexOf(quote.slice(0, 80)), end = at + quote.length;
  const heading = [...text.matchAll(/^#{1,6} (.*)$/gm)], here = heading.findIndex((m) => m[1].trim() === section.split(" > ").at(-1).trim());
  if (at < 0 || here < 0) return [at, end];
  const from = heading[here].index, to = heading[here + 1]?.index ?? text.length;
  return at < from ? [from, to] : at < to ? [at, Math.min(end, to)] : [at, end];
}
// A document's text with its Markdown headings in bold.
const prose = (text) => text.split(/\n*^#{1,6} (.*)\n*/m).map((part, i) => (i % 2 ? h("strong", {}, part) : part));
class Side {
  constructor({ t, lang, client, on }) {
    Object.assign(this, { t, lang, client, on });
    this.node = h("aside", { class: "side", hidden: true, tabIndex: -1, "aria-label": t("sources") });
  }
  get open() { return !this.node.hidden; }
  show(title, ...content) {
    const { node } = this;
    if (!this.open) this.opener = node.getRootNode().activeElement;
    node.replaceChildren(h("div", { class: "row" }, h("h3", {}, title), iconButton("close", this.t("close"), () => this.close())), ...content);
    node.setAttribute("aria-label", title);
    node.hidden = false;
    this.on.toggled(true);
    node.focus();
  }
  close() {
    if (!this.open) return;
    this.node.hidden = true;
    this.on.toggled(false);
    this.on.back(this.opener);
  }
  async history() {
    const { t } = this, list = h("ul", { class: "history" }, h("li", { class: "muted" }, t("loading")));
    let asked = 0;
    const fill = async (q) => {
      const mine = ++asked;
      let items;
      try {
        const { conversations } = await this.client.json(`/api/v1/conversations?limit=50&q=${encodeURIComponent(q)}`);
        items = conversations.map((c) => this.entry(c, async () => { await fill(box.value); box.focus(); }));
        if (!items.length) items.push(h("li", { class: "muted" }, t("empty")));
      } catch (error) {
        items = [h("li", {}, h("p", {}, Client.told(error, t)), button(t("retry"), () => { box.focus(); fill(box.value); }))];
      }
      if (mine === asked) list.replaceChildren(...items); // a slow answer to an earlier search must not replace a later one's
    };
    const box = h("input", { type: "search", placeholder: t("search"), "aria-label": t("search"), oninput: () => fill(box.value) });
    this.show(t("history"), box, list);
    await fill("");
  }
  entry(conversation, removed) {
    const { t } = this, { id, title } = conversation;
    const remove = iconButton("trash", t("remove"), () => {
      const sure = button(t("removeSure"), async () => { if (await this.on.remove(id)) await removed(); }, "danger");
      remove.replaceWith(sure); // the second press removes
      sure.focus();
    });
    return h("li", {}, h("button", { type: "button", class: "link", onclick: () => this.on.load(id) }, title),
      h("div", { class: "row muted" }, h("span", {}, new Date(conversation.updated_at).toLocaleString(this.lang, { dateStyle: "medium", timeStyle: "short" })),
        h("span", { class: "exports" }, [["md", "exportMd"], ["docx", "exportDocx"]].map(([format, label]) =>
          h("button", { type: "button", class: "link", title: t(label), "aria-label": t(label), onclick: () => this.on.save(`/api/v1/conversations/${id}/export?format=${format}`, `${title}.${format}`) }, format === "md" ? "Markdown" : "Word")), remove)));
  }
  async source(citation) {
    const body = h("div", { class: "document" }, this.t("loading"));
    this.show(citation.title, h("p", { class: "muted" }, citation.section), body);
    try {
      const found = await this.client.json(`/api/v1/knowledge/documents/${encodeURIComponent(citation.document_id)}`);
      const [at, end] = passage(found.text, citation);
      if (at < 0) return body.replaceChildren(h("mark", {}, citation.quote));
      const mark = h("mark", {}, prose(found.text.slice(at, end).trim()));
      body.replaceChildren(...prose(found.text.slice(0, at).trim()), mark, ...prose(found.text.slice(end).trim()));
      mark.scrollIntoView({ block: "center" });
    } catch (error) {
      body.replaceChildren(h("mark", {}, citation.quote), h("p", { class: "muted" }, Client.told(error, this.t)));
    }
  }
}
