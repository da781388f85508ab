// Talks to the assistant's HTTP API. Knows nothing of the page.
class Client {
  constructor({ base, headers }) {
    this.base = base;
    this.headers = headers;
  }
  async request(path, { method = "GET", body, signal, accept = "application/json" } = {}) {
    const headers = { Accept: accept, ...(await this.headers()) };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(this.base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
    if (!response.ok) throw await Client.problem(response);
    return response;
  }
  // Why it went wrong, in the reader's words: the server's own, or that it could not be reached.
  static told(error, t) {
    return error instanceof TypeError ? t("network") : error.message;
  }
  static async problem(response) {
    let detail = "";
    try {
      const problem = await response.json();
      detail = problem.detail || problem.title || "";
    } catch {
      // A proxy answered with something that is not JSON: its status line is all there is to tell.
    }
    return Object.assign(new Error(detail || `HTTP ${response.status}`), { status: response.status });
  }
  async json(path, options) {
    const response = await this.request(path, options);
    return response.status === 204 ? null : response.json();
  }
  async *chat(message, conversationId, signal) {
    const response = await this.request("/api/v1/chat", {
      method: "POST", accept: "text/event-stream", signal,
      body: { message, conversation_id: conversationId || undefined, stream: true },
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let held = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      held += value.replace(/\r/g, "");
      for (let cut; (cut = held.indexOf("\n\n")) >= 0; held = held.slice(cut + 2)) {
        const data = held.slice(0, cut).split("\n").filter((l) => l.startsWith("data:")).map((l) => l.slice(5).trimStart()).join("\n");
        if (data) yield JSON.parse(data);
      }
    }
  }
}
