// Words of the widget, by language. Keys are shared; `t(key, values)` fills {name} places.
const WORDS = {
  zh: {
    title: "客户经理助手", open: "打开助手", close: "关闭", newChat: "新对话", history: "历史对话", send: "发送",
    stop: "停止", retry: "重试", copy: "复制", copied: "已复制", edit: "改一改再问", placeholder: "问客户、选礼品、审文案、写邀约，输入 @ 选客户",
    greeting: "您好，今天先办哪件事？", hello: "查客户、选礼品、审文案、写邀约，也能查制度手册。", you: "我", bot: "助手",
    good: "有帮助", bad: "没帮助", why: "哪里不好？（可不填）", sendReason: "提交", thanks: "谢谢反馈", sources: "出处", source: "原文",
    loading: "正在加载…", empty: "没有内容", search: "搜索", remove: "删除", removeSure: "确认删除", exportMd: "导出 Markdown", exportDocx: "导出 Word",
    offline: "网络断开，草稿已保留", back: "已恢复连接", failed: "没有完成：{reason}", stopped: "已停止", review: "合规预审这段文案", more: "展开全文",
    tooLong: "一次最多 20,000 字，多出的没有贴上", wait: "上一条还在回答，答完再发", earlier: "更早的 {n} 轮", later: "更近的 {n} 轮", reload: "重新打开对话",
    layout: "切换停靠/全高", theme: "切换深浅色", assets: "资产", score: "匹配", stock: "库存", limit: "单份上限", left: "今年还可用", yuan: "{n} 元",
    useGift: "写进邀约话术", original: "原文", revised: "修改稿", copyClean: "复制修改稿", apply: "用修改稿继续", missing: "缺少声明",
    pass: "未发现问题，待人工复核", revise: "发现 {n} 处，建议修改，待人工复核", block: "发现 {n} 处，须修改，待人工复核",
    basis: "依据", suggestion: "改法", length: "字数 {n}", parts: "按 {n} 条短信计费", variant: "版本 {n}", calendar: "日历文件", invitation: "邀约稿", toFill: "待补",
    why_gift: "匹配 {n} 分，为什么",
    followUps: "后续跟进", rfm: "价值三项（5 分制）", recency: "最近", frequency: "频率", monetary: "金额", ago: "{n} 天前", times: "{n} 笔/年", activity: "近 12 个月交易笔数", next: "下一步", never: "不能做", evidence: "依据",
    signals: "流失信号", customers: "共 {n} 位客户", shown: "，先列 {n} 位", askTier: "{who}是什么层级？", name: "姓名", tier: "层级", lifecycle: "阶段", openCustomer: "查看 {name}",
    allowed: "可以送", needs_approval: "须审批", refused: "不能送", alternatives: "可以这样做", running: "正在{tool}", done: "已{tool}", error: "{tool}没有成功",
    notices: "提示", nextSteps: "接着可以问", conversation: "对话内容", composer: "输入消息", pickCustomer: "选择客户", drop: "收起",
    lookup_segment: "查客户分层", list_customers: "列客户", recommend_gifts: "选礼品", check_compliance: "做合规预审",
    draft_invitation: "写邀约", search_knowledge: "查知识库", interrupted: "回答中断，正在取回…", lost: "回答中断，没有取回", network: "连不上服务器",
    giftDraft: "{to}写条微信邀约，活动：客户答谢会（到场礼：{gift}）", giftTo: "给{who}",
    asked_budget: "{n} 元", asked_quantity: "{n} 份", asked_variants: "{n} 版", asked_top_k: "前 {n} 条", asked_limit: "前 {n} 位",
    asked_birthday_month: "{n} 月生日", asked_birthday_within_days: "{n} 天内生日", asked_anniversary_month: "{n} 月开户周年", asked_matures_month: "{n} 月到期",
    asked_matures_within_days: "{n} 天内到期", asked_min_assets: "资产 {n} 元以上", asked_max_assets: "资产 {n} 元以下", asked_min_age: "{n} 岁以上", asked_max_age: "{n} 岁以下",
  },
  en: {
    title: "RM assistant", open: "Open the assistant", close: "Close", newChat: "New conversation", history: "History", send: "Send",
    stop: "Stop", retry: "Retry", copy: "Copy", copied: "Copied", edit: "Edit and resend", placeholder: "Ask about a customer, a gift, copy or an invitation; @ picks a customer",
    greeting: "Hello. Where shall we begin?", hello: "I look up segments, suggest gifts, pre-check copy, draft invitations and search the playbook.", you: "Me", bot: "Assistant",
    good: "Helpful", bad: "Not helpful", why: "What was wrong? (optional)", sendReason: "Send", thanks: "Thank you", sources: "Sources", source: "Source",
    loading: "Loading…", empty: "Nothing here", search: "Search", remove: "Delete", removeSure: "Really delete", exportMd: "Export Markdown", exportDocx: "Export Word",
    offline: "Offline; your draft is kept", back: "Connected again", failed: "Not finished: {reason}", stopped: "Stopped", review: "Pre-check this copy", more: "Show all of it",
    tooLong: "At most 20,000 characters at once; the rest was left out", wait: "Still answering; send it when that is done", earlier: "{n} earlier", later: "{n} later", reload: "Open the conversation again",
    layout: "Docked or full height", theme: "Light or dark", assets: "Assets", score: "Match", stock: "Stock", limit: "Limit per gift", left: "Left this year", yuan: "CNY {n}",
    useGift: "Use in an invitation", original: "Original", revised: "Revised", copyClean: "Copy revised text", apply: "Go on with the revised text", missing: "Missing statements",
    pass: "Nothing found; a person approves", revise: "{n} found; please revise; a person approves", block: "{n} found; must change; a person approves",
    basis: "Basis", suggestion: "Instead", length: "{n} characters", parts: "charged as {n} messages", variant: "Variant {n}", calendar: "Calendar file", invitation: "Invitation", toFill: "To fill in",
    why_gift: "Match {n}: why",
    followUps: "Follow-ups", rfm: "Value, out of 5", recency: "Recency", frequency: "Frequency", monetary: "Amount", ago: "{n} days ago", times: "{n} a year", activity: "Transactions, 12 months", next: "Next", never: "Must not", evidence: "Evidence",
    signals: "Signs of leaving", customers: "{n} customers", shown: ", the first {n}", askTier: "What tier is {who}?", name: "Name", tier: "Tier", lifecycle: "Stage", openCustomer: "Open {name}",
    allowed: "Allowed", needs_approval: "Needs approval", refused: "Not allowed", alternatives: "What you can do", running: "{tool}…", done: "{tool}: done", error: "{tool}: failed",
    notices: "Notices", nextSteps: "Ask next", conversation: "Conversation", composer: "Message", pickCustomer: "Pick a customer", drop: "Collapse",
    lookup_segment: "Segment lookup", list_customers: "Customer list", recommend_gifts: "Gift advice", check_compliance: "Compliance check",
    draft_invitation: "Invitation draft", search_knowledge: "Knowledge search", interrupted: "Interrupted; fetching the answer…", lost: "interrupted, and the answer was not kept", network: "cannot reach the server",
    giftDraft: "Write a WeChat invitation{to}, event: 客户答谢会（到场礼：{gift}）", giftTo: " for {who}",
    asked_budget: "CNY {n}", asked_quantity: "× {n}", asked_variants: "{n} variants", asked_top_k: "top {n}", asked_limit: "first {n}",
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
  draft_invitation: { zh: ["换成短信", "换成微信", "再来一版", "英文版也来一份"], en: ["As an SMS", "As a WeChat message", "One more version"] },
  search_knowledge: { zh: ["依据是哪份文件？"], en: ["Which document says so?"] },
};
// Values of the contract in words.
const VALUES = {
  zh: {
    birthday: "生日", spring_festival: "春节", mid_autumn: "中秋", dragon_boat: "端午", new_year: "元旦", wedding: "新婚", new_baby: "添丁", new_home: "乔迁", retirement: "荣休",
    account_anniversary: "开户周年", tier_upgrade: "升级", referral_thanks: "转介绍答谢", service_apology: "致歉", win_back: "挽回", event_souvenir: "活动伴手", account_opening: "开户",
    card_activation: "办卡激活", other: "其他", wechat: "微信", moments: "朋友圈", sms: "短信", phone: "电话", letter: "信函", email: "邮件", app_push: "App 推送", poster: "海报", in_person: "面谈",
    deposit: "存款", wealth_management: "理财", fund: "基金", insurance: "保险", loan: "贷款", credit_card: "信用卡", precious_metal: "贵金属", trust: "信托", payment: "支付", none: "无",
    digital_activity: "线上活动", event: "活动", mass: "大众", affluent: "财富", platinum: "白金", private: "私行", high_net_worth: "高净值", young_professional: "青年白领", business_owner: "企业主",
    retiree: "退休养老", family: "家庭亲子", formal: "正式", warm: "亲切", brief: "简短", zh: "中文", en: "英文", churn_risk: "有流失风险",
    new: "新客", active: "活跃", mature: "成熟", at_risk: "流失预警", dormant: "睡眠", lost: "流失", high_value: "高价值", potential: "潜力", long_tail: "长尾", churning: "流失",
    attention: "按关注度", assets: "按资产", name: "按姓名", id: "按编号",
  },
  en: { sms: "SMS", wechat: "WeChat", app_push: "app push", in_person: "in person", win_back: "win-back", churn_risk: "may leave" },
};
const translator = (lang) => {
  const words = WORDS[lang] ?? WORDS.zh;
  const t = (key, values = {}) => (words[key] ?? WORDS.zh[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
  return Object.assign(t, { lang: WORDS[lang] ? lang : "zh", has: (key) => key in words });
};
