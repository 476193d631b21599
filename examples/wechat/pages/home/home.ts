Page({
  data: {
    pages: [
      { name: "Chat", url: "/pages/chat/chat" },
      { name: "Live quotes", url: "/pages/quotes/quotes" },
      { name: "Shared to-do list", url: "/pages/todo/todo" },
    ],
  },
});
