import { defineConfig } from "vitepress";

const pages = [
  ["first-steps", "First steps", "快速上手"],
  ["mini-program", "In a mini-program", "接入小程序"],
  ["backend", "From a backend", "后端接入"],
  ["channels", "Channels", "频道"],
  ["recovery", "Recovery", "消息补齐的原理"],
  ["operating", "Without Kubernetes", "不用 Kubernetes 部署"],
  ["kubernetes", "Kubernetes", "Kubernetes"],
  ["upgrade", "Upgrade", "升级"],
  ["backup", "Backup and restore", "备份与恢复"],
  ["faq", "Errors by what they say", "按报错文字查原因"],
] as const;

export default defineConfig({
  base: "/docs/guide/",
  title: "Tidegate",
  description: "A realtime gateway for mini-programs and every other client.",
  // The admin port serves files by their names.
  cleanUrls: false,
  metaChunk: true,
  // All of them before the first page: colours would depend on which was loaded when, and builds would differ.
  markdown: { languages: ["js", "python", "java", "go", "html", "php", "sh", "yaml"] },
  locales: {
    root: {
      label: "English",
      lang: "en",
      themeConfig: { sidebar: pages.map(([file, text]) => ({ text, link: `/${file}` })) },
    },
    zh: {
      label: "简体中文",
      lang: "zh-CN",
      themeConfig: {
        sidebar: pages.map(([file, , text]) => ({ text, link: `/zh/${file}` })),
        outline: { label: "本页内容" },
        docFooter: { prev: "上一页", next: "下一页" },
        darkModeSwitchLabel: "外观",
        sidebarMenuLabel: "目录",
        returnToTopLabel: "回到顶部",
      },
    },
  },
  themeConfig: { search: { provider: "local" } },
});
