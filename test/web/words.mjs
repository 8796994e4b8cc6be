// What the tests look for, as people read it. The app's own texts are in
// beside the components that show them.
export const words = {
  en: {
    create: "Create a wallet", newPassword: "New password", repeat: "Repeat the password", next: "Next",
    written: "I wrote them down", word: (n) => `Word ${n}`, faucet: "Get test coins", account: "Account",
    nav: { machines: "Machines", rentals: "My rentals", wallet: "Wallet" },
    other: "Other", duration: "Duration", rent: "Rent", sign: "Sign and send", signText: "Sign", password: "Wallet password",
    wrong: "Wrong password", signIn: "Authorize this browser", createVm: "Create a virtual machine", createNow: "Create", sshKeys: "Your SSH public keys",
    running: "Running", trial: "Trial", active: "Confirmed", refunded: "Refunded", ended: "Ended",
    confirm: "Confirm", untried: "I confirm without having tried it", confirmUntried: "Go on to confirm", renew: "Renew", cancel: "Cancel and take the rent back", feeShared: "5 DBC to the host, 5 DBC to the community pool", feeKept: "10 DBC to the community pool, nothing to the host",
    causes: { mind: "Changed my mind", ready: "The virtual machine was not ready", reach: "The machine was not reachable", listed: "The machine was not as listed" },
    notRefundable: "can't be refunded",
    console: "Console", screen: "Screen", log: "Serial log", close: "Close", lockNow: "Lock now", all: "All",
    send: "Send", to: "To", amount: "Amount", continue: "Continue", queue: "Waiting for another tab…",
    hostKey: "SSH host key", nodeAway: "The client node does not answer", restart: "Restart", stop: "Stop", start: "Start", off: "Off", delete: "Delete",
    offlineNow: "The machine is offline", endForOutage: "End it for the outage", penaltyOnTop: "penalty on top", broken: "Ended early",
  },
  zh: {
    create: "创建钱包", newPassword: "新密码", repeat: "再次输入密码", next: "下一步",
    written: "我已抄好", word: (n) => `第 ${n} 个词`, faucet: "领取测试币", account: "账户",
    nav: { machines: "机器", rentals: "我的租用", wallet: "钱包" },
    other: "其他", duration: "时长", rent: "租用", sign: "签名并发送", signText: "签名", password: "钱包密码",
    wrong: "密码错误", signIn: "授权本浏览器", createVm: "创建虚拟机", createNow: "创建", sshKeys: "您的 SSH 公钥",
    running: "运行中", trial: "试用中", active: "已确认", refunded: "已退款", ended: "已到期",
    confirm: "确认租用", untried: "我未经试用，仍要确认", confirmUntried: "继续确认", renew: "续租", cancel: "取消并退回租金", feeShared: "5 DBC 归出租方，5 DBC 入社区池", feeKept: "10 DBC 入社区池，出租方不得",
    causes: { mind: "改变了主意", ready: "虚拟机没有就绪", reach: "机器无法连接", listed: "机器与列表不符" },
    notRefundable: "无法退回",
    console: "控制台", screen: "桌面", log: "串口日志", close: "关闭", lockNow: "立即锁定", all: "全部",
    send: "转账", to: "收款地址", amount: "金额", continue: "继续", queue: "等待另一个标签页……",
    hostKey: "SSH 主机密钥", nodeAway: "客户端节点没有响应", restart: "重启", stop: "关机", start: "启动", off: "已关机", delete: "删除",
    offlineNow: "机器离线", endForOutage: "因离线提前终止", penaltyOnTop: "违约金", broken: "提前终止",
  },
};
