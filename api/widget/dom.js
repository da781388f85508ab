// Elements without a framework. Text always goes in as text; only server-sanitised HTML goes in as HTML.
function h(tag, props = {}, ...children) {
  const svg = ["svg", "path", "polyline", "polygon"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.setAttribute("class", value);
    else if (name in node && !svg && !name.startsWith("aria") && name !== "role" && name !== "list") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((c) => c !== undefined && c !== null && c !== false && c !== ""));
  return node;
}
// Pages that require Trusted Types take HTML only from a named policy. This one vouches for what the server has sanitised.
const POLICY = (() => {
  try { return globalThis.trustedTypes?.createPolicy("rm-assistant", { createHTML: (html) => html }); } catch { return null; } // made by an earlier copy of this script
})();
const ICONS = {
  chat: "M4 5h16v11H9l-5 4z", close: "M6 6l12 12M18 6L6 18", plus: "M12 5v14M5 12h14", clock: "M12 7v5l3 3M12 3a9 9 0 100 18 9 9 0 000-18",
  send: "M4 12l16-7-6 16-3-7z", stop: "M7 7h10v10H7z", copy: "M9 9h10v11H9zM5 15V4h10", up: "M7 11l5-7 1 1v5h6l-2 9H7zM3 11h4v8H3z",
  down: "M17 13l-5 7-1-1v-5H5l2-9h10zM21 13h-4V5h4z", full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5", moon: "M20 14A8 8 0 0110 4a8 8 0 1010 10z",
  retry: "M4 12a8 8 0 108-8H7M10 1L7 4l3 3", edit: "M4 20l1-5L16 4l4 4L9 19z", trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
};
const icon = (name) =>
  h("svg", { viewBox: "0 0 24 24", width: "18", height: "18", "aria-hidden": "true", class: "icon" }, h("path", { d: ICONS[name] }));
const iconButton = (name, label, onclick, extra = {}) =>
  h("button", { type: "button", class: "icon-button", title: label, "aria-label": label, onclick, ...extra }, icon(name));
const money = (value) => (value === null || value === undefined ? "—" : Number(value).toLocaleString("zh-CN", { maximumFractionDigits: value < 10000 ? 2 : 0 }));
async function copyText(text, root) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages without clipboard permission (plain http intranets) still copy through a selection.
    const area = h("textarea", { value: text, class: "offscreen" });
    root.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
