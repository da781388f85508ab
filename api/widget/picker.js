// Chooses a customer after "@" in the box, by keyboard or pointer. Ids, where a name alone would not tell them apart.
const CALLED = /@([\p{Script=Han}\w]{0,12})$/u;
const called = (customer, among) => (among.filter((c) => c.name === customer.name).length > 1 ? customer.id : customer.name);
class Picker {
  constructor({ t, client, input, changed }) {
    Object.assign(this, { client, input, changed, options: [], at: 0 });
    this.node = h("ul", { class: "picker", id: "picker", role: "listbox", "aria-label": t("pickCustomer"), hidden: true });
    for (const [name, value] of [["aria-controls", "picker"], ["aria-autocomplete", "list"]]) input.setAttribute(name, value);
  }
  get open() { return !this.node.hidden; }
  close() {
    this.node.hidden = true;
    this.input.removeAttribute("aria-activedescendant");
  }
  before() { return this.input.value.slice(0, this.input.selectionStart); }
  async look() {
    const [, q] = CALLED.exec(this.before()) ?? [];
    const asked = (this.asked = Symbol("look"));
    if (q === undefined) return this.close();
    const { customers } = await this.client.json(`/api/v1/customers?limit=6&q=${encodeURIComponent(q)}`).catch(() => ({ customers: [] }));
    if (asked !== this.asked) return;
    this.options = customers;
    this.node.replaceChildren(...customers.map((c, i) => h("li", { role: "option", id: `option-${i}`, onmousedown: (e) => { e.preventDefault(); this.take(c); } },
      h("strong", {}, c.name), h("span", { class: "muted" }, `${c.tier_label} · ${c.id}`))));
    this.node.hidden = customers.length === 0;
    if (this.open) this.move(0);
    else this.close();
  }
  move(to) {
    const items = [...this.node.children];
    this.at = (to + items.length) % items.length;
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === this.at)));
    this.input.setAttribute("aria-activedescendant", `option-${this.at}`);
  }
  // Whether the key was for the list.
  press(event) {
    if (!this.open || !["ArrowDown", "ArrowUp", "Enter", "Tab"].includes(event.key)) return false;
    event.preventDefault();
    if (event.key === "ArrowDown") this.move(this.at + 1);
    else if (event.key === "ArrowUp") this.move(this.at - 1);
    else this.take(this.options[this.at]);
    return true;
  }
  take(customer) {
    const before = this.before().replace(CALLED, called(customer, this.options));
    this.input.value = before + this.input.value.slice(this.input.selectionStart);
    this.input.setSelectionRange(before.length, before.length);
    this.close();
    this.changed();
    this.input.focus();
  }
}
