// Words of the widget, by language. Keys are shared; `t(key, values)` fills {name} places.
const WORDS = {
  zh: {
    title: "客户经理助手", open: "打开助手", close: "关闭", newChat: "新对话", history: "历史对话", send: "发送",
    stop: "停止", retry: "重试", copy: "复制", copied: "已复制", edit: "改一改再问", placeholder: "问客户、选礼品、审文案、写邀约，输入 @ 选客户",
    hello: "您好，我可以查客户分层、推荐礼品、预审文案、起草邀约，也能查制度手册。", you: "我", bot: "助手",
    good: "有帮助", bad: "没帮助", why: "哪里不好？（可不填）", thanks: "谢谢反馈", sources: "出处", source: "原文",
    loading: "正在加载…", empty: "没有内容", search: "搜索", remove: "删除", exportMd: "导出 Markdown", exportDocx: "导出 Word",
    offline: "网络断开，草稿已保留", back: "已恢复连接", failed: "没有完成：{reason}", review: "合规预审这段文案",
    layout: "切换停靠/全高", theme: "切换深浅色", assets: "资产", score: "匹配", stock: "库存", limit: "单份限额", left: "今年余额",
    useGift: "写进邀约话术", original: "原文", revised: "修改稿", copyClean: "复制修改稿", apply: "用修改稿继续", missing: "缺少声明",
    pass: "未发现问题，待人工复核", revise: "发现 {n} 处，建议修改，待人工复核", block: "发现 {n} 处，须修改，待人工复核",
    basis: "依据", suggestion: "改法", segments: "计费条数", characters: "字数", variant: "版本 {n}", calendar: "日历文件",
    followUps: "后续跟进", rfm: "最近 / 频率 / 金额", activity: "近 12 个月交易", next: "下一步", never: "不能做", evidence: "依据",
    customers: "共 {n} 位客户", name: "姓名", tier: "层级", lifecycle: "阶段", reason: "关注理由", openCustomer: "查看 {name}",
    allowed: "可以送", needs_approval: "须审批", refused: "不能送", alternatives: "可以这样做", running: "正在{tool}", done: "已{tool}", error: "{tool}没有成功",
    notices: "提示", nextSteps: "接着可以问", conversation: "对话内容", composer: "输入消息", pickCustomer: "选择客户", drop: "收起",
    lookup_segment: "查客户分层", list_customers: "列客户", recommend_gifts: "选礼品", check_compliance: "做合规预审",
    draft_invitation: "写邀约", search_knowledge: "查知识库", interrupted: "回答中断，正在取回…", network: "连不上服务器，正在重试",
    giftDraft: "写条微信邀约，活动：客户答谢会（到场礼：{gift}）",
  },
  en: {
    title: "RM assistant", open: "Open the assistant", close: "Close", newChat: "New conversation", history: "History", send: "Send",
    stop: "Stop", retry: "Retry", copy: "Copy", copied: "Copied", edit: "Edit and resend", placeholder: "Ask about a customer, a gift, copy or an invitation; @ picks a customer",
    hello: "Hello. I look up segments, suggest gifts, pre-check copy, draft invitations and search the playbook.", you: "Me", bot: "Assistant",
    good: "Helpful", bad: "Not helpful", why: "What was wrong? (optional)", thanks: "Thank you", sources: "Sources", source: "Source",
    loading: "Loading…", empty: "Nothing here", search: "Search", remove: "Delete", exportMd: "Export Markdown", exportDocx: "Export Word",
    offline: "Offline; your draft is kept", back: "Connected again", failed: "Not finished: {reason}", review: "Pre-check this copy",
    layout: "Docked or full height", theme: "Light or dark", assets: "Assets", score: "Match", stock: "Stock", limit: "Limit per gift", left: "Left this year",
    useGift: "Use in an invitation", original: "Original", revised: "Revised", copyClean: "Copy revised text", apply: "Go on with the revised text", missing: "Missing statements",
    pass: "Nothing found; a person approves", revise: "{n} found; please revise; a person approves", block: "{n} found; must change; a person approves",
    basis: "Basis", suggestion: "Instead", segments: "SMS parts", characters: "Characters", variant: "Variant {n}", calendar: "Calendar file",
    followUps: "Follow-ups", rfm: "Recency / frequency / monetary", activity: "Transactions, 12 months", next: "Next", never: "Must not", evidence: "Evidence",
    customers: "{n} customers", name: "Name", tier: "Tier", lifecycle: "Stage", reason: "Why now", openCustomer: "Open {name}",
    allowed: "Allowed", needs_approval: "Needs approval", refused: "Not allowed", alternatives: "What you can do", running: "{tool}…", done: "{tool}: done", error: "{tool}: failed",
    notices: "Notices", nextSteps: "Ask next", conversation: "Conversation", composer: "Message", pickCustomer: "Pick a customer", drop: "Collapse",
    lookup_segment: "Segment lookup", list_customers: "Customer list", recommend_gifts: "Gift advice", check_compliance: "Compliance check",
    draft_invitation: "Invitation draft", search_knowledge: "Knowledge search", interrupted: "Interrupted; fetching the answer…", network: "cannot reach the server; trying again",
    giftDraft: "写条微信邀约，活动：客户答谢会（到场礼：{gift}）",
  },
};
const STARTERS = {
  rm: { zh: ["我名下有哪些快流失的客户？", "给老客户选个 300 元以内的生日礼", "帮我审一下这段文案：本产品保本保收益", "写个微信邀请：周六下午两点财富沙龙", "邀约后提前几天再确认？"],
        en: ["Which of my customers may leave?", "A birthday gift under 300 yuan for a retiree", "Check this copy: principal guaranteed", "Invite by WeChat: wealth salon, Saturday 2pm", "How should I split a 200-person event budget?"] },
  compliance: { zh: ["理财文案必须写哪些声明？", "存款送礼违反哪条规定？", "帮我审一下这段文案：利率全市最高"],
                en: ["Which statements must wealth copy carry?", "Why are gifts for deposits forbidden?", "Check this copy: highest rate in town"] },
};
STARTERS.admin = STARTERS.compliance;
// What is usually wanted after a tool: asked for with one press.
const NEXT = {
  lookup_segment: { zh: ["给这位客户选个生日礼", "为什么变成现在的阶段？"], en: ["Recommend a birthday gift for this client", "Why did the client move to this stage?"] },
  list_customers: { zh: ["看看第一位的情况", "给第一位选个礼物"], en: ["Tell me about the first one"] },
  recommend_gifts: { zh: ["便宜一点", "换一批"], en: ["Cheaper", "Other options"] },
  check_compliance: { zh: ["怎么改才合规？", "按修改稿再审一遍"], en: ["Check the revised version again"] },
  draft_invitation: { zh: ["换成短信", "再来一版", "英文版也来一份"], en: ["As an SMS", "One more version"] },
  search_knowledge: { zh: ["依据是哪份文件？"], en: ["Which document says so?"] },
};
const translator = (lang) => (key, values = {}) =>
  (WORDS[lang]?.[key] ?? WORDS.zh[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
