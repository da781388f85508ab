// Started by the host page's script tag; its data-* attributes are the options, its folder is the server.
const TAG = document.currentScript;
function boot() {
  if (document.querySelector("rm-assistant")) return;
  const element = document.createElement("rm-assistant");
  Object.assign(element.dataset, TAG?.dataset);
  element.dataset.base ||= TAG?.src ? new URL(".", TAG.src).href.slice(0, -1) : "";
  document.body.append(element);
}
document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", boot) : boot();
