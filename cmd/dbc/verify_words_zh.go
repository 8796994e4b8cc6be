package main

import (
	"fmt"
	"strings"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/probe"
)

var verifyChinese = verifyWords{
	levels: map[probe.Level]string{probe.Pass: "通过", probe.Warn: "注意", probe.Fail: "不符", probe.Unmeasured: "未检测"},
	checks: map[probe.Check]string{
		probe.CheckInventory: "已签名的硬件清单", probe.CheckLogin: "登录", probe.CheckShare: "租用份额", probe.CheckCPUs: "CPU 数量",
		probe.CheckCPUModel: "处理器型号", probe.CheckMemory: "内存", probe.CheckDisk: "磁盘", probe.CheckGPUs: "GPU 数量", probe.CheckGPUType: "GPU 型号",
		probe.CheckPCIIDs: "PCI ID", probe.CheckRegions: "显卡内存区域", probe.CheckLinkWidth: "PCIe 通道数", probe.CheckGPUName: "驱动显示的名称",
		probe.CheckGPUID: "GPU 编号", probe.CheckVRAM: "显存", probe.CheckLink: "PCIe 代数",
	},
	after: "：",
	codes: map[string]func(r probe.Result) string{
		"SAME": func(r probe.Result) string {
			if r.Read == "" {
				return "与承诺一致"
			}
			return read(r)
		},
		"inventory SAME": phrase("由机器签名，且与链上登记的一致"),
		"login SAME":     phrase("通过 SSH 登录，主机密钥由机器签名"),
		"MORE":           func(r probe.Result) string { return fmt.Sprintf("%s，多于承诺的 %s", read(r), expected(r)) },
		"memory SAME": func(r probe.Result) string {
			return fmt.Sprintf("%s（共 %s，其余由内核占用）", read(r), expected(r))
		},
		"NONE_PROMISED": phrase("没有，与承诺一致"),
		"LESS":          func(r probe.Result) string { return fmt.Sprintf("%s，少于承诺的 %s", read(r), expected(r)) },
		"OTHER":         func(r probe.Result) string { return fmt.Sprintf("实际为 %s，承诺为 %s", read(r), expected(r)) },
		"gpu_id OTHER":  func(r probe.Result) string { return fmt.Sprintf("%s 不属于本次租用：%s", read(r), expected(r)) },
		"MISSING": func(r probe.Result) string {
			if r.Expected == "" {
				return "不存在"
			}
			return fmt.Sprintf("不存在，承诺为 %s", expected(r))
		},
		"UNASSIGNED": func(r probe.Result) string {
			return fmt.Sprintf("区域 %s 在客户机系统中没有地址，驱动无法使用这块显卡", r.Params["bar"])
		},
		"BELOW_SHARE": func(r probe.Result) string {
			var parts []string
			for _, p := range [][2]string{{"cpus", "个 CPU"}, {"memory_mib", "MiB 内存"}, {"gpus", "个 GPU"}} {
				if of := r.Params[p[0]+"_of"]; of != "" {
					parts = append(parts, fmt.Sprintf("%s / %s %s", r.Params[p[0]], of, p[1]))
				}
			}
			return "虚拟机创建时只使用了 " + strings.Join(parts, "、") + "；如果这是您的要求，或您有多台虚拟机，则没有问题"
		},
		"WRONG_HASH":      phrase("机器提供的清单与链上登记的不同"),
		"WRONG_SIGNATURE": phrase("不是由机器的密钥签名的"),
		"WRONG_FORM":      phrase("签名和登记都正确，但无法读取"),
		"NO_LOGIN": func(r probe.Result) string {
			return "无法登录客户机系统" + after("：", client.Printable(r.Params["said"]))
		},
		"NO_ANSWER": phrase("客户机系统没有按时回答"),
		"UNREADABLE": func(r probe.Result) string {
			return "客户机系统的回答第 " + r.Params["line"] + " 行不符合格式"
		},
		"TOO_LONG":           func(r probe.Result) string { return "客户机系统的回答超过 " + r.Params["bytes"] + " 字节" },
		"NOT_SAID":           phrase("有一方没有说明"),
		"inventory NOT_SAID": phrase("机器没有提供"),
		"UNLISTED":           phrase("这台机器没有登记硬件清单"),
		"MADE_UP":            phrase("测试网络的卡位是虚构的，没有显卡"),
		"NO_DRIVER": func(r probe.Result) string {
			if program := r.Params["program"]; program != "" {
				return "客户机系统中没有 " + program + "；使用带驱动的镜像可以检测"
			}
			return "没有已知的程序可以检测"
		},
		"DRIVER_FAILED": func(r probe.Result) string {
			return r.Params["program"] + " 运行失败、不认识这块显卡，或没有按时结束"
		},
		"IDLE": func(r probe.Result) string {
			return fmt.Sprintf("当前 %s，最高 %s；空闲时链路会降速，请在负载下再次检测", read(r), expected(r))
		},
	},
	summary: map[probe.Level]string{
		probe.Pass: "就可检测的内容而言，虚拟机与承诺一致。", probe.Warn: "虚拟机与承诺一致，但请查看需要注意的项目。",
		probe.Fail: "虚拟机与承诺不符。", probe.Unmeasured: "无法检测虚拟机是否与承诺一致。",
	},
	until: "试用期的截止时间是 %s%s。%s",
	advice: map[adviceCode]string{
		adviceConfirm: "如果它也能满足您的用途，请确认租用：", adviceLook: "请确认租用，或取消租用并取回租金：",
		adviceCancel: "请取消租用并取回租金：", adviceAgain: "请再次检测，或取消租用并取回租金：",
	},
}
